"""Every error of the API is RFC 9457 problem details that name the field and the remedy."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from portal.api.answers import field_name, of_status, remedy
from portal.people.models import AuditEntry, User
from tests.people import ApiClient

ApiOf = Callable[[User | None], ApiClient]


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(answer.content)
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert body["type"] == f"urn:pierhead:problem:{body['code']}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize("path", ["/api/", "/api/v1/no-such", "/api/v2/me", "/api/v1/"])
def test_an_unknown_path(db: None, path: str) -> None:
    body = problem_of(Client().get(path), 404)
    assert body["code"] == "not-found"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_method_that_the_path_does_not_take(admin: User, api_of: ApiOf, method: str) -> None:
    answer = api_of(admin).call(method.upper(), "teams", {})
    assert problem_of(answer, 405)["code"] == "wrong-method"
    assert "GET" in answer["Allow"]


def test_missing_and_unknown_fields_are_all_named(admin: User, api_of: ApiOf) -> None:
    body = problem_of(api_of(admin).post("teams/harbour/members", {"user": "mara", "role": "king"}), 422)
    assert body["code"] == "invalid"
    assert body["errors"] == {
        "username": ["This is needed and was not sent."],
        "role": ["Choose one of: 'viewer', 'deployer' or 'admin'."],
        "user": ["There is no such field; remove it."],
    }
    assert "username" in body["detail"]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"username": "", "role": "viewer"}, "username"),
        ({"username": "x" * 151, "role": "viewer"}, "username"),
        ({"username": 7, "role": "viewer"}, "username"),
        ({"username": None, "role": "viewer"}, "username"),
        ({"username": "two words", "role": "viewer"}, "username"),
        ({"username": "mara", "role": ["viewer"]}, "role"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(admin: User, api_of: ApiOf, payload: object, field: str) -> None:
    body = problem_of(api_of(admin).post("teams/harbour/members", payload), 422)
    assert list(body["errors"]) == [field]
    assert body["errors"][field][0].endswith(".")


@pytest.mark.parametrize("payload", [[], "text", 7, None])
def test_a_body_of_another_shape(admin: User, api_of: ApiOf, payload: object) -> None:
    answer = api_of(admin)._client.generic(
        "POST",
        "/api/v1/teams/harbour/members",
        json.dumps(payload),
        "application/json",
        headers={"Authorization": f"Bearer {api_of(admin).token}"},
    )
    problem_of(answer, 422)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=1.5"])
def test_a_limit_out_of_bounds(viewer: User, api_of: ApiOf, query: str) -> None:
    body = problem_of(api_of(viewer).get(f"teams?{query}"), 422)
    assert list(body["errors"]) == ["limit"]


@pytest.mark.parametrize("cursor", ["nonsense", "e30", "W10", "%00", "WzFd", "x" * 5_000])
def test_a_cursor_that_is_not_ours(viewer: User, api_of: ApiOf, cursor: str) -> None:
    body = problem_of(api_of(viewer).get(f"teams?cursor={cursor}"), 422)
    assert list(body["errors"]) == ["cursor"]


def test_another_team_and_no_team_read_the_same(viewer: User, stranger: User, api_of: ApiOf) -> None:
    client = api_of(viewer)
    foreign, absent = (problem_of(client.get(f"teams/{slug}"), 404) for slug in ("lighthouse", "no-such"))
    assert foreign | {"detail": ""} == absent | {"detail": ""}


def test_too_small_a_role_says_which_is_needed_and_is_audited(viewer: User, api_of: ApiOf) -> None:
    answer = api_of(viewer).post("teams/harbour/members", {"username": "mara", "role": "viewer"})
    assert "needs the role Admin" in problem_of(answer, 403)["detail"]
    row = AuditEntry.objects.get()
    assert (row.action, row.result, row.actor_label) == ("member.add", "denied", "viewer (token test)")


def test_a_failure_says_nothing_but_a_reference(
    viewer: User, api_of: ApiOf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("portal.people.api.teams.teams_visible", broken)
    body = problem_of(api_of(viewer).get("teams"), 500)
    assert body["code"] == "internal"
    assert "secret detail" not in str(body)
    assert "secret detail" in caplog.text
    assert body["detail"].split(" as ")[1][:8] in caplog.text


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 418, 500])
def test_every_bare_status_becomes_a_problem(status: int) -> None:
    problem = of_status(status)
    assert problem.as_dict()["status"] == status
    assert problem.title


@pytest.mark.parametrize(
    ("location", "name"),
    [
        (("body", "payload", "service", "ports", 0), "service.ports.0"),
        (("body", "payload"), "payload"),
        (("query", "limit"), "limit"),
        (("path", "slug"), "slug"),
        ((), "body"),
    ],
)
def test_fields_are_named_as_they_were_sent(location: tuple[str | int, ...], name: str) -> None:
    assert field_name(location) == name


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"type": "missing", "msg": "Field required"}, "This is needed and was not sent."),
        ({"type": "string_too_long", "ctx": {"max_length": 80}}, "Send at most 80 characters."),
        ({"type": "value_error", "msg": "Value error, ports run to 65535"}, "ports run to 65535."),
        ({"type": "other", "msg": "Something."}, "Something."),
        ({"type": "other"}, "Check this value."),
    ],
)
def test_the_remedy_is_in_words(row: dict[str, Any], words: str) -> None:
    assert remedy(row) == words
