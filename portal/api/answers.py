"""Every error of the API as RFC 9457 problem details."""

import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from portal.people.access import Actor
from portal.people.services.audit import audit_denied
from portal.problems import Invalid, NotAllowed, NotFound, Problem, SignInNeeded

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"


def problem_response(problem: Problem) -> HttpResponse:
    """The RFC 9457 answer of a problem."""
    body = json.dumps(problem.as_dict(), default=str)
    response = HttpResponse(body, status=problem.status, content_type=CONTENT_TYPE)
    if problem.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="pierhead"'
    if problem.retry_after is not None:
        response["Retry-After"] = str(problem.retry_after)
    response["Cache-Control"] = "no-store"
    return response


def register(api: NinjaAPI) -> None:
    """Make `api` answer every exception with a problem."""
    api.exception_handler(Problem)(on_problem)
    api.exception_handler(ValidationError)(on_validation)
    api.exception_handler(HttpError)(on_http_error)
    api.exception_handler(Http404)(on_absent)
    api.exception_handler(Exception)(on_failure)


def on_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    record_denied(request, problem)
    return problem_response(problem)


def record_denied(request: HttpRequest, problem: Problem) -> None:
    """A refused write leaves an audit row, whichever layer refused it."""
    actor = getattr(request, "auth", None)
    if isinstance(problem, NotAllowed) and isinstance(actor, Actor) and request.method not in {"GET", "HEAD"}:
        audit_denied(actor=actor, action=f"api.{(request.method or '').lower()}", problem=problem)


def on_validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields: dict[str, list[str]] = {}
    for row in error.errors:
        fields.setdefault(field_name(row.get("loc", ())), []).append(remedy(row))
    named = ", ".join(fields)
    return problem_response(Invalid(f"Correct these and send again: {named}.", fields=fields))


def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """ninja wraps what the body's parser raises: the parser's own problem says more."""
    if isinstance(error.__cause__, Problem):
        return on_problem(request, error.__cause__)
    return problem_response(of_status(error.status_code, str(error)))


def on_absent(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem_response(of_status(404))


def on_failure(request: HttpRequest, error: Exception) -> HttpResponse:
    reference = secrets.token_hex(4)
    log.error("API failure %s at %s %s", reference, request.method, request.path, exc_info=error)
    return problem_response(of_status(500, f"It is in the portal's log as {reference}. Trying again may help."))


def of_status(status: int, detail: str = "") -> Problem:
    """The problem that stands for a bare HTTP status."""
    known: dict[int, tuple[type[Problem], str, str, str]] = {
        400: (Problem, "bad-request", "The request cannot be understood", "Check it against /api/v1/openapi.json."),
        401: (SignInNeeded, SignInNeeded.code, SignInNeeded.title, "Send `Authorization: Bearer TOKEN`."),
        403: (NotAllowed, NotAllowed.code, NotAllowed.title, "Ask an admin of your team."),
        404: (NotFound, NotFound.code, NotFound.title, "The paths of the API are in /api/v1/openapi.json."),
        405: (Problem, "wrong-method", "This path does not take this method", "See /api/v1/openapi.json."),
        413: (Problem, "too-large", "The body is too large", "Send less in one request."),
        500: (Problem, "internal", "Something failed in the portal", "It is in the portal's log. Try again."),
    }
    kind, code, title, help_text = known.get(status, (Problem, "problem", Problem.title, ""))
    problem = kind(detail or help_text, code=code, title=title)
    problem.status = status
    return problem


def field_name(location: Sequence[str | int]) -> str:
    """The name of a field from a pydantic location: ("body", "payload", "service", "ports", 0) -> "service.ports.0"."""
    parts = [str(part) for part in location]
    if parts and parts[0] in {"body", "query", "path", "form", "header", "cookie", "file"}:
        parts = parts[2:] if parts[0] == "body" and len(parts) > 2 else parts[1:]
    return ".".join(parts) or "body"


def remedy(row: Mapping[str, Any]) -> str:
    """What to do about one pydantic error, in words."""
    context: Mapping[str, Any] = row.get("ctx") or {}
    kind = str(row.get("type", ""))
    known = {
        "missing": "This is needed and was not sent.",
        "extra_forbidden": "There is no such field; remove it.",
        "string_type": "Send text.",
        "int_parsing": "Send a whole number.",
        "int_type": "Send a whole number.",
        "bool_parsing": "Send true or false.",
        "uuid_parsing": "Send an id as we gave it, e.g. 6f1c1c1e-….",
        "datetime_from_date_parsing": "Send a time as 2030-01-31T12:00:00Z.",
        "datetime_parsing": "Send a time as 2030-01-31T12:00:00Z.",
        "dict_type": "Send an object.",
        "model_type": "Send an object.",
        "model_attributes_type": "Send an object.",
        "list_type": "Send a list.",
    }
    if kind in known:
        return known[kind]
    if kind in {"literal_error", "enum"}:
        return f"Choose one of: {context.get('expected', '')}."
    if kind == "string_too_long":
        return f"Send at most {context.get('max_length')} characters."
    if kind == "string_too_short":
        return f"Send at least {context.get('min_length')} characters."
    message = str(row.get("msg", "")).removeprefix("Value error, ")
    return f"{message}." if message and not message.endswith(".") else message or "Check this value."
