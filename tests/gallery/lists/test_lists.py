"""A list is added, fetched, shown as a difference, taken over, and found in the gallery."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from gallery.models import ListedTemplate, TemplateList
from gallery.selectors.templates import template_seen, templates_found
from gallery.services.template_lists import list_add, list_refresh, list_take_over, lists_refresh_due
from portal.people.access import Actor, actor_for_user
from portal.people.models import AuditEntry, Role, Team, User
from portal.problems import Conflict, Invalid, NotAllowed, Unavailable
from tests.people import ApiClient, make_token

from .conftest import STACK, WEB, Publisher

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def actor(admin: User) -> Actor:
    return actor_for_user(admin)


@pytest.fixture
def row(publisher: Publisher, team: Team, actor: Actor) -> TemplateList:
    return list_add(team=team, title="Acme", url=publisher.url, actor=actor)


def test_nothing_is_there_before_it_is_taken_over(
    row: TemplateList, actor: Actor, deployer: User, stranger: User
) -> None:
    list_refresh(row=row, actor=actor)
    assert row.pending is not None
    assert not ListedTemplate.objects.exists()
    assert list_take_over(row=row, actor=actor) == {"added": 2, "changed": 0, "removed": 0}
    found = template_seen(actor_for_user(deployer), "acme__web-server")
    assert found.origin == "Acme"
    assert found.images == ("nginx:1.27",)
    assert [one.slug for one in templates_found(actor_for_user(deployer), q="web NGINX")][-1] == "acme__web-server"
    assert "acme__web-server" in {one.slug for one in templates_found(actor_for_user(deployer), category="docker")}
    assert not any(one.slug.startswith("acme") for one in templates_found(actor_for_user(stranger)))
    with pytest.raises(Conflict):
        list_take_over(row=row, actor=actor)


def test_it_is_asked_with_its_etag(row: TemplateList, publisher: Publisher, actor: Actor) -> None:
    list_refresh(row=row, actor=actor)
    list_take_over(row=row, actor=actor)
    list_refresh(row=row, actor=actor)
    assert publisher.asked[-1]["if-none-match"] == publisher.etag
    assert row.pending is None
    publisher.etag = '"another, of the same text"'
    list_refresh(row=row, actor=actor)
    assert row.pending is None
    publisher.publish({**WEB, "image": "nginx:1.28"}, {**WEB, "title": "New"})
    list_refresh(row=row, actor=actor)
    assert template_seen(actor, "acme__web-server").images == ("nginx:1.27",)
    assert list_take_over(row=row, actor=actor) == {"added": 1, "changed": 1, "removed": 1}
    assert template_seen(actor, "acme__web-server").images == ("nginx:1.28",)


def test_templates_for_administrators(row: TemplateList, publisher: Publisher, actor: Actor, deployer: User) -> None:
    publisher.publish({**WEB, "administrator_only": True})
    list_refresh(row=row, actor=actor)
    list_take_over(row=row, actor=actor)
    assert "acme__web-server" in {one.slug for one in templates_found(actor)}
    assert "acme__web-server" not in {one.slug for one in templates_found(actor_for_user(deployer))}


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (404, b"", "404"),
        (500, b"", "500"),
        (200, b"not json", "JSON"),
        (200, b"\xff\xfe\x00", "UTF-8"),
        (200, b'{"version": "9", "templates": []}', "version"),
        (200, b" " * (10 << 20), "4 MiB"),
    ],
)
def test_what_cannot_be_had_leaves_what_was_there(
    status: int, body: bytes, word: str, row: TemplateList, publisher: Publisher, actor: Actor
) -> None:
    list_refresh(row=row, actor=actor)
    list_take_over(row=row, actor=actor)
    publisher.status, publisher.body, publisher.etag = status, body, '"new"'
    with pytest.raises((Invalid, Unavailable)):
        list_refresh(row=row, actor=actor)
    row.refresh_from_db()
    assert word in row.problem
    assert ListedTemplate.objects.filter(list=row).count() == 2
    assert AuditEntry.objects.filter(action="template-list.refresh", result=AuditEntry.Result.FAILED).exists()


def test_a_redirect_is_not_followed(row: TemplateList, publisher: Publisher, actor: Actor) -> None:
    publisher.status, publisher.location = 302, "http://169.254.169.254/latest/"
    with pytest.raises(Unavailable, match="redirects"):
        list_refresh(row=row, actor=actor)
    assert len(publisher.asked) == 1


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://127.0.0.1:9/x.json", False),
        ("https://127.0.0.1:9/x.json", False),
        ("https://10.0.0.1/x.json", False),
        ("https://169.254.169.254/latest", False),
        ("https://[::1]/x.json", False),
        ("https://[::ffff:10.0.0.1]/x.json", False),
        ("http://8.8.8.8/x.json", True),
        ("file:///etc/passwd", True),
        ("ftp://127.0.0.1/x", True),
        ("https://user:pw@127.0.0.1/x", True),
        ("https://", True),
        ("x" * 501, True),
    ],
)
def test_addresses_that_are_not_called(url: str, private: bool, settings: Settings, team: Team, actor: Actor) -> None:
    settings.LISTS_PRIVATE = private
    with pytest.raises(Invalid) as caught:
        list_add(team=team, title="Acme", url=url, actor=actor)
    assert caught.value.fields["url"]
    assert not TemplateList.objects.exists()


def test_it_is_there_once_and_admins_write(
    row: TemplateList, publisher: Publisher, actor: Actor, deployer: User
) -> None:
    with pytest.raises(Conflict):
        list_add(team=row.team, title="Again", url=publisher.url, actor=actor)
    with pytest.raises(Invalid):
        list_add(team=row.team, title=" ", url=publisher.url, actor=actor)
    with pytest.raises(NotAllowed):
        list_refresh(row=row, actor=actor_for_user(deployer))


def test_the_job_looks_once_a_day(row: TemplateList, publisher: Publisher) -> None:
    assert lists_refresh_due() == 1
    assert lists_refresh_due() == 0
    publisher.status, publisher.etag = 500, '"x"'
    assert lists_refresh_due(now=timezone.now() + timedelta(days=2)) == 1
    row.refresh_from_db()
    assert row.pending is not None
    assert "500" in row.problem


def test_pages(publisher: Publisher, team: Team, admin: User, client_of: ClientOf) -> None:
    client, page = client_of(admin), f"/team/{team.slug}/lists/"
    assert "No lists yet" in client.get(page).content.decode()
    assert client.post(page, {"title": "Acme", "url": "ftp://x"}).status_code == 422
    text = client.post(page, {"title": "Acme", "url": publisher.url}, follow=True).content.decode()
    assert "What would change" in text
    one = f"{page}{TemplateList.objects.get().pk}/"
    assert "Added 2" in client.post(f"{one}take/", follow=True).content.decode()
    shown = client.get("/gallery/templates/acme__web-server/").content.decode()
    assert "Password of the administrator" in shown
    assert "logos.example" not in shown
    assert "<script>alert" not in shown
    stack = client.get("/gallery/templates/acme__a-stack/").content.decode()
    assert "/applications/new/?template=acme__a-stack" in stack
    editor = client.get("/applications/new/?template=acme__a-stack").content.decode()
    assert 'name="git_url" value="https://git.example/acme/stacks"' in editor
    assert "TAG=2" in editor
    assert client.get("/deploy/?template=acme__a-stack").status_code == 422
    assert client.get("/deploy/?template=acme__web-server").status_code == 200
    assert client.post("/gallery/basket/add/", {"template": "acme__a-stack"}).status_code == 422
    publisher.publish(WEB)
    assert "removed" in client.post(f"{one}refresh/", follow=True).content.decode()
    client.post(f"{one}leave/")
    assert "What would change" not in client.get(one).content.decode()
    publisher.status, publisher.etag = 503, '"y"'
    assert "It answered 503." in client.post(f"{one}refresh/", follow=True).content.decode()
    assert client.post(f"{one}remove/").status_code == 302
    assert client.get(one).status_code == 404


def test_over_the_api(publisher: Publisher, team: Team, admin: User) -> None:
    api = ApiClient(make_token(admin, team, Role.ADMIN))
    made = api.post("gallery/template-lists", {"title": "Acme", "url": publisher.url})
    assert made.status_code == 201, made.content
    where = f"gallery/template-lists/{json.loads(made.content)['id']}"
    waiting = json.loads(api.post(f"{where}/refresh").content)["waiting"]
    assert [one["name"] for one in waiting["added"]] == ["web-server", "a-stack"]
    assert json.loads(api.post(f"{where}/take-over").content) == {"added": 2, "changed": 0, "removed": 0}
    assert api.post(f"{where}/take-over").status_code == 409
    assert json.loads(api.get("gallery/template-lists").content)["items"][0]["templates"] == 2
    assert json.loads(api.get("gallery/templates/acme__a-stack").content)["repository"] == STACK["repository"]["url"]
    publisher.body, publisher.etag = b"<html>", '"z"'
    refused = api.post(f"{where}/refresh")
    assert refused.status_code == 422
    assert "url" in json.loads(refused.content)["errors"]
    assert json.loads(api.post(f"{where}/leave").content)["waiting"] is None
    assert api.delete(where).status_code == 204
    assert not ListedTemplate.objects.exists()
