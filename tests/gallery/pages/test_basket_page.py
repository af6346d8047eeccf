"""The basket's page: from the gallery's pages into it, and from it to the editor or a team's template."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from gallery.models import BasketItem, TeamTemplate
from hosts.models import Application, ApplicationSecret
from portal.people.models import Role, Team, User
from tests.people import ApiClient, make_token
from tests.standins.hub import HubStandIn

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def client(deployer: User, client_of: ClientOf) -> Client:
    return client_of(deployer)


def add(client: Client, **body: str) -> str:
    return client.post("/gallery/basket/add/", body, follow=True).content.decode()


def test_buttons_stand_where_things_are_chosen(client: Client, hub: HubStandIn) -> None:
    assert 'name="template" value="hello"' in client.get("/gallery/templates/hello/").content.decode()
    assert 'name="image" value="postgres:' in client.get("/gallery/hub/library/postgres/").content.decode()
    assert 'name="image" value="postgres:16"' in client.get("/gallery/hub/library/postgres/tags/").content.decode()
    assert "/gallery/basket/" in client.get("/gallery/").content.decode()


def test_back_to_where_it_was_chosen(client: Client) -> None:
    answer = client.post("/gallery/basket/add/", {"template": "hello", "back": "/gallery/?q=x"})
    assert answer["Location"] == "/gallery/?q=x"
    for back in ("https://elsewhere.example/gallery/", "//elsewhere.example/gallery/", "/sign-out/"):
        answer = client.post("/gallery/basket/add/", {"template": "hello", "back": back})
        assert answer["Location"] == "/gallery/basket/"


def test_taking_out(client: Client) -> None:
    assert "Nothing in it yet" in client.get("/gallery/basket/").content.decode()
    assert "is in your basket" in add(client, template="hello")
    row = BasketItem.objects.get()
    assert client.post(f"/gallery/basket/{row.pk}/remove/").status_code == 302
    text = client.post(f"/gallery/basket/{row.pk}/remove/", follow=True).content.decode()
    assert "not in your basket any more" in text
    add(client, template="hello")
    client.post("/gallery/basket/clear/")
    assert not BasketItem.objects.exists()


def test_bad_input_is_told(client: Client) -> None:
    assert client.post("/gallery/basket/add/", {"image": "Not A Name"}).status_code == 422
    assert client.post("/gallery/basket/add/", {"template": "nonsense"}).status_code == 404
    assert client.post("/gallery/basket/add/", {}).status_code == 422


def test_to_the_editor_and_saved_with_its_secret(client: Client, team: Team) -> None:
    add(client, template="wordpress")
    add(client, template="hello")
    page = client.get("/gallery/basket/").content.decode()
    assert "/applications/new/?basket=1" in page
    editor = client.get("/applications/new/?basket=1").content.decode()
    assert 'name="secret_name" value="DB_PASSWORD"' in editor
    assert "HELLO_PORT=" in editor
    assert "So that all fit together" in editor
    context = client.get("/applications/new/?basket=1").context["typed"]
    body = {
        "name": "both",
        "team": team.pk,
        "compose": context.compose,
        "values": context.values,
        "secret_name": ["DB_PASSWORD"],
        "secret_value": ["s3cret"],
        "action": "save",
    }
    answer = client.post("/applications/new/", body)
    assert answer.status_code == 302, answer.content.decode()
    revision = Application.objects.get(name="both").revisions.get()
    assert "DB_PASSWORD" not in revision.values
    assert ApplicationSecret.objects.get().name == "DB_PASSWORD"


def test_the_editor_begins_with_a_template(client: Client) -> None:
    text = client.get("/applications/new/?template=hello").content.decode()
    assert "pierhead/hello:1" in text
    assert "PORT=8080" in text
    assert client.get("/applications/new/?template=nonsense").status_code == 404


def test_kept_as_a_template_of_the_team(client: Client, team: Team) -> None:
    add(client, template="wordpress")
    add(client, template="wordpress")
    page = client.get(f"/team/{team.slug}/templates/new/?basket=1")
    text = page.content.decode()
    assert 'value="WORDPRESS_DB_PASSWORD"' in text
    assert '<option value="secret" selected>' in text
    rows = page.context["rows"]
    body = {"title": "Two sites", "compose": page.context["form"]["compose"].value()}
    columns = ("name", "label", "kind", "default", "required", "help", "choices")
    body |= {f"p_{column}": [getattr(row, column) for row in rows] for column in columns}
    answer = client.post(f"/team/{team.slug}/templates/new/", body)
    assert answer.status_code == 302, answer.content.decode()
    kept = TeamTemplate.objects.get()
    assert len(kept.images) == 2
    assert {one["name"] for one in kept.parameters} >= {"DB_PASSWORD", "WORDPRESS_DB_PASSWORD"}


def test_over_the_api(deployer: User, team: Team) -> None:
    api = ApiClient(make_token(deployer, team, Role.DEPLOYER))
    made = api.post("gallery/basket", {"template": "hello"})
    assert made.status_code == 201
    found = json.loads(api.get("gallery/basket").content)
    assert [one["reference"] for one in found["items"]] == ["hello"]
    assert {one["name"] for one in found["parameters"]} == {"PORT", "GREETING"}
    assert "pierhead/hello:1" in found["compose"]
    for body in ({}, {"image": "nginx", "template": "hello"}, {"image": "Not A Name"}):
        assert api.post("gallery/basket", body).status_code == 422
    assert api.delete(f"gallery/basket/{found['items'][0]['id']}").status_code == 204
    assert api.delete(f"gallery/basket/{found['items'][0]['id']}").status_code == 404
    assert api.delete("gallery/basket").status_code == 204
