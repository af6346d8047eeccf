"""The pages and the API on which a team writes templates."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from gallery.models import TeamTemplate
from portal.people.models import Role, Team, User
from tests.people import ApiClient, make_token

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
TEXT = """services:
  web:
    image: nginx:${TAG:-1.27}
    ports: ["${PORT}:80"]
    environment: {KEY: "${API_KEY}"}
"""
ROWS = {
    "p_name": ["TAG", "PORT", "API_KEY"],
    "p_label": ["Version", "Port", ""],
    "p_kind": ["choice", "port", "secret"],
    "p_default": ["1.27", "8080", ""],
    "p_required": ["yes", "yes", "yes"],
    "p_help": ["", "Where it is reached.", ""],
    "p_choices": ["1.27, 1.28", "", ""],
}
FORM: dict[str, Any] = {"title": "Site", "summary": "Our site.", "compose": TEXT, **ROWS}


@pytest.fixture
def client(deployer: User, client_of: ClientOf) -> Client:
    return client_of(deployer)


def test_a_template_is_written_shown_changed_and_removed(client: Client, team: Team) -> None:
    page = f"/team/{team.slug}/templates/"
    assert "No templates yet" in client.get(page).content.decode()
    answer = client.post(f"{page}new/", FORM, follow=True)
    text = answer.content.decode()
    assert f"Site is in the gallery of {team.name}." in text
    assert "Where it is reached." in text
    assert "a secret of yours" in text
    row = TeamTemplate.objects.get()
    assert [one["kind"] for one in row.parameters] == ["choice", "port", "secret"]
    assert row.parameters[2]["label"] == "API_KEY"
    assert "nginx:1.27" in client.get(page).content.decode()
    assert "Our site." in client.get("/gallery/?source=templates").content.decode()
    edit = f"{page}{row.slug}/"
    assert 'value="1.27, 1.28"' in client.get(edit).content.decode()
    client.post(edit, {**FORM, "title": "Site two"})
    row.refresh_from_db()
    assert row.title == "Site two"
    assert client.post(f"{edit}remove/", follow=True).status_code == 200
    assert client.get(edit).status_code == 404


def test_rows_without_a_script(client: Client, team: Team) -> None:
    new = f"/team/{team.slug}/templates/new/"
    assert 'value="PORT"' in client.get(new).content.decode()
    text = client.post(new, {"compose": TEXT, "title": "", "action": "variables"}).content.decode()
    assert 'value="TAG"' in text
    assert '<option value="secret" selected>' in text
    assert "needs another look" not in text
    assert client.post(new, {**FORM, "add": "parameter"}).content.decode().count('name="p_name"') == 5
    left = client.post(new, {**FORM, "remove_parameter": "0"}).content.decode()
    assert 'value="TAG"' not in left
    assert 'value="PORT"' in left
    broken = client.post(new, {"compose": "services: [", "action": "variables"})
    assert broken.status_code == 422
    assert "YAML" in broken.content.decode()
    assert not TeamTemplate.objects.exists()


def test_mistakes_are_named(client: Client, team: Team, viewer: User, client_of: ClientOf) -> None:
    new = f"/team/{team.slug}/templates/new/"
    refused = client.post(new, {**FORM, "title": ""})
    assert refused.status_code == 422
    wrong = client.post(new, {**FORM, "p_default": ["1.29", "http", ""]})
    assert wrong.status_code == 422
    assert "Choose one of: 1.27, 1.28." in wrong.content.decode()
    assert "65535" in wrong.content.decode()
    assert client_of(viewer).get(new).status_code == 403
    assert client_of(viewer).post(new, FORM).status_code == 403


def test_over_the_api(deployer: User, team: Team, stranger: User, other_team: Team) -> None:
    api = ApiClient(make_token(deployer, team, Role.DEPLOYER))
    body = {
        "title": "Site",
        "compose": TEXT,
        "parameters": [
            {"name": "TAG", "default": "1.27"},
            {"name": "PORT", "kind": "port", "default": "8080"},
            {"name": "API_KEY", "kind": "secret"},
        ],
    }
    made = api.post("gallery/templates", body)
    assert made.status_code == 201, made.content
    found = json.loads(made.content)
    assert found["team"] == team.slug
    assert [one["secret"] for one in found["parameters"]] == [False, False, True]
    where = f"gallery/templates/{found['slug']}"
    assert json.loads(api.patch(where, {"summary": "Ours."}).content)["summary"] == "Ours."
    assert json.loads(api.get("gallery/templates?q=ours").content)["items"][0]["slug"] == found["slug"]
    wrong = api.patch(where, {"parameters": [{"name": "PORT", "kind": "port", "default": "x"}]})
    assert wrong.status_code == 422
    assert "parameters" in json.loads(wrong.content)["errors"]
    assert ApiClient(make_token(stranger, other_team, Role.ADMIN)).get(where).status_code == 404
    assert api.patch("gallery/templates/hello", {"title": "Mine"}).status_code == 404
    assert api.delete(where).status_code == 204
    assert api.get(where).status_code == 404
