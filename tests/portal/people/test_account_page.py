"""The account page: password, tokens, sessions."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from portal.people.models import ApiToken, Membership, Role, Team, User
from portal.people.services.tokens import token_use
from tests.people import PASSWORD, make_token

ClientOf = Callable[[User | None], Client]
GOOD = "a quiet harbour at dawn"


def text_of(client: Client, path: str = "/account/") -> str:
    return client.get(path).content.decode()


def test_it_shows_name_teams_and_tokens(viewer: User, team: Team, client_of: ClientOf) -> None:
    make_token(viewer, team, Role.VIEWER)
    page = text_of(client_of(viewer))
    for words in ("You sign in as viewer.", "Harbour", "Viewer", "Change your password", "Revoke test?"):
        assert words in page


def test_changing_the_password_keeps_this_session_and_ends_the_others(viewer: User, client_of: ClientOf) -> None:
    here, there = client_of(viewer), client_of(viewer)
    form = {"current": PASSWORD, "password": GOOD, "repeated": GOOD}
    answer = here.post("/account/password/", form, follow=True)
    assert "Your password is set." in answer.content.decode()
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"current": "wrong", "password": GOOD, "repeated": GOOD}, "This is not your present password."),
        ({"current": PASSWORD, "password": GOOD, "repeated": "other"}, "The two are not the same."),
        ({"current": PASSWORD, "password": "short", "repeated": "short"}, "This password is too short."),
        ({}, "This field is required."),
    ],
)
def test_a_mistake_is_named_beside_its_field(
    viewer: User, client_of: ClientOf, form: dict[str, str], words: str
) -> None:
    answer = client_of(viewer).post("/account/password/", form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert 'aria-invalid="true"' in page
    assert GOOD not in page
    assert User.objects.get(pk=viewer.pk).check_password(PASSWORD)


def test_who_came_by_link_sets_a_first_password(viewer: User, client_of: ClientOf) -> None:
    viewer.set_unusable_password()
    viewer.save()
    client = client_of(viewer)
    page = text_of(client)
    assert "Set a password" in page
    assert "Present password" not in page
    assert client.post("/account/password/", {"password": GOOD, "repeated": GOOD}).status_code == 302
    assert User.objects.get(pk=viewer.pk).check_password(GOOD)


def test_a_new_token_is_shown_once(deployer: User, team: Team, client_of: ClientOf) -> None:
    client = client_of(deployer)
    form = {"name": "ci", "team": "harbour", "role": "deployer", "expires_at": ""}
    answer = client.post("/account/tokens/", form)
    assert (answer.status_code, answer["Location"]) == (302, "/account/")
    first, second = client.get("/account/"), text_of(client)
    found = re.search(r"<pre>(ph_[\w-]+)</pre>", first.content.decode())
    assert found
    assert token_use(secret=found[1]).roles == {team.pk: Role.DEPLOYER}
    assert "no-store" in first["Cache-Control"]
    assert found[1] not in second
    assert "shown_once" not in client.session


def test_a_token_ends_with_the_chosen_day(viewer: User, client_of: ClientOf) -> None:
    day = timezone.localdate()
    form = {"name": "ci", "team": "harbour", "role": "viewer", "expires_at": day.isoformat()}
    assert client_of(viewer).post("/account/tokens/", form).status_code == 302
    ends = ApiToken.objects.get().expires_at
    assert ends is not None
    assert (ends.date(), ends.hour) == (day, 23)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"role": "admin"}, "a token cannot have more"),
        ({"role": "king"}, "Select a valid choice."),
        ({"team": "lighthouse"}, "Select a valid choice."),
        ({"expires_at": "2001-01-01"}, "This lies in the past."),
        ({"expires_at": "soon"}, "Enter a valid date."),
    ],
)
def test_a_token_that_cannot_be_says_why(
    viewer: User, other_team: Team, client_of: ClientOf, change: dict[str, str], words: str
) -> None:
    form = {"name": "ci", "team": "harbour", "role": "viewer", "expires_at": ""} | change
    answer = client_of(viewer).post("/account/tokens/", form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked_by_a_button(viewer: User, team: Team, client_of: ClientOf) -> None:
    make_token(viewer, team, Role.VIEWER)
    token = ApiToken.objects.get()
    answer = client_of(viewer).post(f"/account/tokens/{token.pk}/revoke/", follow=True)
    assert "is revoked" in answer.content.decode()
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_an_admin_who_ends_a_members_token_stays_on_the_team_page(
    viewer: User, admin: User, team: Team, client_of: ClientOf
) -> None:
    make_token(viewer, team, Role.VIEWER)
    answer = client_of(admin).post(f"/account/tokens/{ApiToken.objects.get().pk}/revoke/")
    assert answer["Location"] == "/team/harbour/"


def test_signing_out_everywhere_ends_this_session_too(viewer: User, client_of: ClientOf) -> None:
    here, there = client_of(viewer), client_of(viewer)
    answer = here.post("/account/sessions/end/", follow=True)
    assert "You are signed out everywhere." in answer.content.decode()
    assert [client.get("/account/").status_code for client in (here, there)] == [302, 302]


def test_somebody_without_a_team_is_told_what_to_do(viewer: User, client_of: ClientOf) -> None:
    Membership.objects.all().delete()
    assert "Ask an admin to add you to theirs." in text_of(client_of(viewer))
