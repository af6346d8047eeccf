"""Request bodies: JSON, and only JSON."""

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from ninja.parser import Parser

from portal.problems import Invalid, Problem


class NotJson(Problem):
    status = 415
    code = "not-json"
    title = "Send JSON"


class TooLarge(Problem):
    status = 413
    code = "too-large"
    title = "The body is too large"


class JsonParser(Parser):
    """Reads the body, with a message that says where it stops being JSON."""

    def parse_body(self, request: HttpRequest) -> Any:
        kind = (request.content_type or "").lower()
        if kind != "application/json":
            raise NotJson(f"The body is {kind or 'of no named type'}. Send it with `Content-Type: application/json`.")
        try:
            return json.loads(request.body)
        except RequestDataTooBig:
            raise TooLarge("Send less in one request.") from None
        except RecursionError:
            raise Invalid("The JSON is nested too deeply.") from None
        except ValueError as error:
            raise Invalid(f"The body is not valid JSON: {error}.", code="bad-json") from None
