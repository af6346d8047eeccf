"""Secrets that a template asks for are sealed when it is deployed, and never shown again."""

import json
from typing import Any

import pytest
from django.test import Client

from gallery.catalogue.types import Parameter, ParameterKind
from gallery.services.templates import TemplateInput, template_add
from hosts.models import Application, ApplicationSecret, Deployment, Host, Revision
from hosts.services.plans import revision_project
from hosts.services.secrets import stand_ins
from portal.people.access import actor_for_user
from portal.people.models import Role, Team, User
from tests.people import ApiClient, make_token

TEXT = """services:
  web:
    image: pierhead/web:1
    environment:
      KEY: ${KEY}
      TOKEN: ${TOKEN}
      SIZE: ${SIZE}
    volumes: ["${DATA}:/data"]
"""
WHERE = {"mode": "template", "target": "any", "name": "site"}


@pytest.fixture
def slug(team: Team, deployer: User) -> str:
    parameters = (
        Parameter("KEY", "Key", ParameterKind.SECRET, required=True),
        Parameter("TOKEN", "Token", ParameterKind.SECRET),
        Parameter("SIZE", "Size", ParameterKind.CHOICE, "small", choices=("small", "large")),
        Parameter("DATA", "Folder", ParameterKind.HOST_PATH, "/srv/site", True),
    )
    row = template_add(team=team, given=TemplateInput("Site", TEXT, parameters), actor=actor_for_user(deployer))
    return row.slug


def sent(team: Team, **more: Any) -> dict[str, Any]:
    return {**WHERE, "team": team.pk, "param_SIZE": "large", "param_DATA": "/srv/other", **more}


def test_the_form_has_a_field_of_each_kind(ready: Host, as_admin: Client, slug: str) -> None:
    text = as_admin.get(f"/deploy/?template={slug}").content.decode()
    assert '<input type="password" name="param_KEY"' in text
    assert '<option value="small" selected>' in text
    assert 'name="param_DATA" value="/srv/site"' in text


def test_a_secret_is_sealed_and_kept(ready: Host, as_admin: Client, team: Team, slug: str) -> None:
    page = f"/deploy/?template={slug}"
    body = sent(team, param_KEY="s3cret-key")
    plan = as_admin.post(f"/deploy/plan/?template={slug}", body)
    assert "s3cret-key" not in plan.content.decode()
    assert "no value" not in plan.content.decode()
    response = as_admin.post(page, body)
    assert response.status_code == 302, response.content.decode()
    revision = Revision.objects.get()
    assert revision.values == {"SIZE": "large", "DATA": "/srv/other", "TOKEN": ""}
    assert revision.template == slug
    stored = ApplicationSecret.objects.get(current=True)
    assert stored.name == "KEY"
    assert b"s3cret-key" not in bytes(stored.sealed)
    project = revision_project(revision)
    assert project.services[0].environment["KEY"] == stand_ins(revision.application)["KEY"]
    Deployment.objects.update(state="succeeded")
    change = f"/deploy/?application={revision.application_id}"
    text = as_admin.get(change).content.decode()
    assert "s3cret-key" not in text
    assert "Leave it empty to keep it." in text
    assert as_admin.post(change, sent(team, param_DATA="/srv/third")).status_code == 302
    newest = Revision.objects.order_by("-number").first()
    assert newest is not None
    assert newest.values == {"SIZE": "large", "DATA": "/srv/third", "TOKEN": ""}
    assert ApplicationSecret.objects.get(current=True).pk == stored.pk


def test_a_new_secret_replaces_the_old_one(ready: Host, as_admin: Client, team: Team, slug: str) -> None:
    as_admin.post(f"/deploy/?template={slug}", sent(team, param_KEY="first"))
    application = Application.objects.get()
    Deployment.objects.update(state="succeeded")
    before = stand_ins(application)["KEY"]
    as_admin.post(f"/deploy/?application={application.pk}", sent(team, param_KEY="second", param_TOKEN="more"))
    after = stand_ins(application)
    assert set(after) == {"KEY", "TOKEN"}
    assert after["KEY"] != before


def test_what_an_older_revision_kept_in_plain_text_is_sealed(
    ready: Host, as_admin: Client, team: Team, slug: str
) -> None:
    application = Application.objects.create(team=team, name="site")
    values = {"KEY": "old-key", "TOKEN": "", "SIZE": "small", "DATA": "/srv/site"}
    Revision.objects.create(application=application, number=1, compose=TEXT, values=values, template=slug)
    change = f"/deploy/?application={application.pk}"
    assert "old-key" not in as_admin.get(change).content.decode()
    assert as_admin.post(change, sent(team)).status_code == 302
    newest = application.revisions.order_by("-number").first()
    assert newest is not None
    assert "KEY" not in newest.values
    assert set(stand_ins(application)) == {"KEY"}


@pytest.mark.parametrize(
    ("field", "value"), [("KEY", ""), ("SIZE", "huge"), ("DATA", "srv/site"), ("DATA", "/srv/../etc")]
)
def test_wrong_answers_are_named_and_secrets_not_sent_back(
    field: str, value: str, ready: Host, as_admin: Client, team: Team, slug: str
) -> None:
    body = {**sent(team, param_KEY="s3cret-key"), f"param_{field}": value}
    response = as_admin.post(f"/deploy/?template={slug}", body)
    assert response.status_code == 422
    assert f"param_{field}" in response.context["form"].errors
    assert "s3cret-key" not in response.content.decode()


def test_over_the_api(ready: Host, deployer: User, team: Team, slug: str) -> None:
    api = ApiClient(make_token(deployer, team, Role.DEPLOYER))
    body = {"team": team.slug, "name": "site", "template": slug, "values": {"KEY": "s3cret-key", "SIZE": "large"}}
    made = api.post("applications", body)
    assert made.status_code == 201, made.content
    assert b"s3cret-key" not in made.content
    revision = Revision.objects.get()
    assert revision.compose == TEXT
    assert revision.values == {"SIZE": "large", "DATA": "/srv/site", "TOKEN": ""}
    assert set(stand_ins(revision.application)) == {"KEY"}
    wrong = api.post("applications", {**body, "name": "other", "values": {"SIZE": "huge", "NOPE": "1"}})
    assert wrong.status_code == 422
    messages = json.loads(wrong.content)["errors"]["values"]
    assert [message.partition(":")[0] for message in messages] == ["KEY", "NOPE", "SIZE"]
    assert api.post("applications", {**body, "name": "third", "template": "nonsense"}).status_code == 404
