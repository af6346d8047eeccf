"""The page and the API of a team's accounts at registries."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from gallery.models import AccountState, RegistryAccount
from portal.people.models import Role, Team, User
from tests.people import ApiClient, make_token
from tests.standins.hub import HubStandIn, StandInRepository

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
PAGE = "/team/harbour/registries/"
FORM = {"host": "docker.io", "username": "acme", "secret": "dckr_pat_1"}


@pytest.fixture
def signed_hub(hub: HubStandIn) -> HubStandIn:
    hub.accounts["acme"] = "dckr_pat_1"
    hub.content["acme/hidden"] = StandInRepository("acme", "hidden", "Not for everybody.", "# Hidden", private=True)
    return hub


@pytest.fixture
def client(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


def test_an_account_is_added_tried_and_used(client: Client, signed_hub: HubStandIn) -> None:
    answer = client.post(PAGE, FORM, follow=True)
    text = answer.content.decode()
    assert "acme@docker.io is accepted." in text
    assert "for acme, acme-org" in text
    assert "dckr_pat_1" not in text
    assert "Accepted" in text
    assert "acme/hidden" in client.get("/gallery/?q=hidden").content.decode()
    repository = client.get("/gallery/hub/acme/hidden/").content.decode()
    assert "Not for everybody." in repository


def test_what_is_private_stays_private(
    client: Client, stranger: User, client_of: ClientOf, signed_hub: HubStandIn
) -> None:
    client.post(PAGE, FORM)
    assert client.get("/gallery/hub/acme/hidden/").status_code == 200
    other = client_of(stranger)
    assert other.get("/gallery/hub/acme/hidden/").status_code == 404
    assert "acme/hidden" not in other.get("/gallery/?q=hidden").content.decode()
    assert other.get(PAGE).status_code == 404


def test_a_refused_secret_is_kept_and_said(client: Client, signed_hub: HubStandIn) -> None:
    text = client.post(PAGE, {**FORM, "secret": "wrong"}, follow=True).content.decode()
    assert "is refused" in text
    assert "Enter a new access token" in text
    account = RegistryAccount.objects.get()
    assert account.state == AccountState.REFUSED
    change = f"{PAGE}{account.pk}/"
    assert "wrong" not in client.get(change).content.decode()
    text = client.post(change, {"username": "acme", "secret": "dckr_pat_1"}, follow=True).content.decode()
    assert "is accepted" in text


def test_mistakes_are_shown_beside_their_fields(client: Client) -> None:
    answer = client.post(PAGE, {"host": "nowhere", "username": "u", "secret": "s3cret"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Enter the registry" in text
    assert "s3cret" not in text


def test_viewers_see_and_do_not_change(viewer: User, client_of: ClientOf, client: Client, hub: HubStandIn) -> None:
    client.post(PAGE, FORM)
    text = client_of(viewer).get(PAGE).content.decode()
    assert "docker.io" in text
    assert "Add and try" not in text
    assert client_of(viewer).post(PAGE, FORM).status_code == 403


def test_removing_forgets(client: Client, hub: HubStandIn) -> None:
    client.post(PAGE, FORM)
    account = RegistryAccount.objects.get()
    assert client.post(f"{PAGE}{account.pk}/remove/").status_code == 302
    assert not RegistryAccount.objects.exists()
    assert client.post(f"{PAGE}{account.pk}/try/").status_code == 404


def test_over_the_api(admin: User, team: Team, signed_hub: HubStandIn) -> None:
    api = ApiClient(make_token(admin, team, Role.ADMIN))
    made = api.post("registries", {"team": "harbour", **FORM})
    assert made.status_code == 201
    found = json.loads(made.content)
    assert found["state"] == "accepted"
    assert found["has_secret"] is True
    assert b"dckr_pat_1" not in made.content
    listed = json.loads(api.get("registries").content)
    assert [row["id"] for row in listed["items"]] == [found["id"]]
    where = f"registries/{found['id']}"
    assert json.loads(api.patch(where, {"secret": "wrong"}).content)["state"] == "untried"
    assert json.loads(api.post(f"{where}/try").content)["state"] == "refused"
    assert api.delete(where).status_code == 204
    assert api.get(where).status_code == 404
    refused = api.post("registries", {"host": "nowhere", "username": "u", "secret": "s3cret"})
    assert refused.status_code == 422
    assert b"s3cret" not in refused.content
