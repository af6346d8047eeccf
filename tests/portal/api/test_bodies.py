"""Request bodies: JSON only, of a bounded size, with a message that says where they go wrong."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from portal.people.models import Membership, User
from tests.people import ApiClient

ApiOf = Callable[[User | None], ApiClient]
Send = Callable[..., HttpResponse]
PATH = "/api/v1/teams/harbour/members"


@pytest.fixture
def send(admin: User, api_of: ApiOf) -> Send:
    token = api_of(admin).token

    def post(body: bytes | str, kind: str = "application/json", **headers: str) -> HttpResponse:
        known = {"Authorization": f"Bearer {token}"} | headers
        answer: HttpResponse = Client().generic("POST", PATH, body, kind, headers=known)  # type: ignore[assignment]
        return answer

    return post


def code_of(answer: HttpResponse) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_taken(send: Send, kind: str) -> None:
    assert send('{"username": "mara", "role": "viewer"}', kind).status_code == 201


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "text/json", ""]
)
def test_anything_else_is_refused_by_name(send: Send, kind: str) -> None:
    answer = send('{"username": "mara", "role": "viewer"}', kind)
    assert code_of(answer) == (415, "not-json")
    assert "Content-Type: application/json" in answer.content.decode()
    assert Membership.objects.count() == 1


@pytest.mark.parametrize("body", ["{", "{'a': 1}", "\xff\xfe", b"\xff\xfe\x00", '{"a": 1} x'])
def test_what_is_not_json_says_where(send: Send, body: bytes | str) -> None:
    answer = send(body)
    assert code_of(answer) == (422, "bad-json")


def test_deep_nesting_is_refused(send: Send) -> None:
    answer = send("[" * 200_000 + "]" * 200_000)
    assert answer.status_code == 422


def test_a_body_that_is_too_large_is_refused_before_it_is_read(send: Send) -> None:
    answer = send('{"username": "' + "x" * 2_700_000 + '"}')
    assert code_of(answer) == (413, "too-large")


def test_no_body_at_all_names_what_is_missing(send: Send) -> None:
    assert code_of(send("")) == (422, "invalid")


@pytest.mark.parametrize(("length", "status"), [("x", 400), ("-1", 400), ("9" * 400, 413), ("2621441", 413)])
def test_an_announced_length_is_checked_before_the_body(send: Send, length: str, status: int) -> None:
    assert send("{}", **{"Content-Length": length}).status_code == status
