"""`Authorization: Bearer TOKEN` is the only way into the API."""

from collections.abc import Callable

import pytest
from django.test import Client

from portal.people.access import portal_actor
from portal.people.models import ApiToken, Role, Team, User
from portal.people.services.tokens import token_create
from tests.people import ApiClient

ClientOf = Callable[[User | None], Client]


@pytest.fixture
def secret(viewer: User, team: Team) -> str:
    return token_create(user=viewer, team=team, role=Role.VIEWER, name="ci", actor=portal_actor())[1]


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "BEARER  {} "])
def test_a_token_lets_in(secret: str, header: str) -> None:
    answer = Client().get("/api/v1/me", headers={"Authorization": header.format(secret)})
    assert answer.status_code == 200
    assert answer.json() == {
        "username": "viewer",
        "name": "viewer",
        "superuser": False,
        "teams": [{"slug": "harbour", "name": "Harbour", "role": "viewer"}],
    }


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dTpw", "{}", "Token {}"])
def test_a_header_of_another_kind_says_what_to_send(secret: str, header: str) -> None:
    answer = Client().get("/api/v1/me", headers={"Authorization": header.format(secret)})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    assert "Authorization: Bearer TOKEN" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"revoked_at": "2001-01-01T00:00:00Z"}, "token-revoked"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "token-expired"),
        ({"digest": "0" * 64}, "token-unknown"),
    ],
)
def test_a_token_that_does_not_work_says_why(secret: str, change: dict[str, str], code: str) -> None:
    ApiToken.objects.update(**change)
    answer = ApiClient(secret).get("me")
    assert (answer.status_code, answer.json()["code"]) == (401, code)  # type: ignore[attr-defined]


def test_a_session_is_worth_nothing_here(viewer: User, client_of: ClientOf) -> None:
    client = client_of(viewer)
    assert client.get("/account/").status_code == 200
    assert client.get("/api/v1/me").status_code == 401
    answer = client.post("/api/v1/teams", {"name": "x"}, content_type="application/json")
    assert answer.status_code == 401


def test_a_token_is_worth_nothing_on_pages(secret: str) -> None:
    assert Client().get("/account/", headers={"Authorization": f"Bearer {secret}"}).status_code == 302


def test_a_token_needs_no_csrf_token(secret: str, admin: User, team: Team) -> None:
    _token, by_admin = token_create(user=admin, team=team, role=Role.ADMIN, name="ci", actor=portal_actor())
    answer = Client(enforce_csrf_checks=True).post(
        "/api/v1/teams/harbour/members",
        {"username": "mara", "role": "viewer"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {by_admin}"},
    )
    assert answer.status_code == 201


def test_nothing_of_the_api_sets_a_cookie(secret: str) -> None:
    assert not ApiClient(secret).get("me").cookies
