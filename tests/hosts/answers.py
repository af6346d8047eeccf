"""Reading the API's answers."""

import json
from collections.abc import Callable
from typing import Any

from portal.people.models import User
from tests.people import ApiClient

Api = Callable[[User | None], ApiClient]


def answer(response: Any, status: int = 200) -> Any:
    """The body of an answer that must have this status; a refusal must be problem details."""
    body: Any = json.loads(response.content) if response.content else None
    assert response.status_code == status, body
    if status >= 400:
        assert response["Content-Type"] == "application/problem+json"
        assert body["type"].startswith("urn:pierhead:problem:")
        assert body["title"]
        assert body["detail"]
    return body
