"""The editor's pages without a script: new, change, import, secrets, compare, export; and what scripts ask for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from hosts.models import Application, ApplicationSecret, Revision
from portal.people.models import Team, User
from tests.hosts.git_server import make_repository, serve

ClientOf = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db
TEXT = """services:
  web:
    image: nginx:${TAG}
    env_file: web.env
    secrets: [pw]
secrets: {pw: {external: true}}
"""


@pytest.fixture
def client(client_of: ClientOf, deployer: User) -> Client:
    return client_of(deployer)


def sent(**changes: Any) -> dict[str, Any]:
    """A form as the page sends it."""
    usual: dict[str, Any] = {
        "name": "shop",
        "compose": TEXT.replace("\n", "\r\n"),
        "values": "TAG=1.27\r\n",
        "file_path": ["web.env", ""],
        "file_text": ["A=1\r\n", ""],
        "secret_name": ["pw", ""],
        "secret_value": ["hunter2", ""],
        "action": "save",
    }
    return {**usual, **changes}


def test_a_new_application(client: Client, team: Team) -> None:
    page = client.get("/applications/new/")
    assert page.status_code == 200
    assert 'name="compose"' in page.text
    answer = client.post("/applications/new/", sent())
    application = Application.objects.get(name="shop")
    assert answer.headers["Location"] == f"/applications/{application.pk}/"
    revision = application.revisions.get()
    assert (revision.compose, revision.values, revision.files) == (TEXT, {"TAG": "1.27"}, {"web.env": "A=1\n"})
    assert [secret.name for secret in application.secrets.all()] == ["pw"]


def test_going_on_to_the_plan(client: Client, team: Team) -> None:
    answer = client.post("/applications/new/", sent(action="plan"))
    application = Application.objects.get(name="shop")
    assert answer.headers["Location"] == f"/deploy/?application={application.pk}&revision=1"


def test_what_is_wrong_is_told_with_its_place_and_nothing_is_lost(client: Client, team: Team) -> None:
    answer = client.post("/applications/new/", sent(compose="services:\n  web:\n    prots: [1]\n"))
    assert answer.status_code == 422
    assert "line 3, column 5" in answer.text
    assert "Did you mean" in answer.text
    assert "prots: [1]" in answer.text
    assert "TAG=1.27" in answer.text
    assert "hunter2" not in answer.text
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Not A Name"}, "lower-case"),
        ({"values": "?? broken"}, "is not NAME=value"),
        ({"file_path": ["../x", ""]}, "leaves the project"),
        ({"secret_name": ["a b", ""]}, "A name starts with a letter"),
    ],
)
def test_other_mistakes(client: Client, team: Team, changes: dict[str, Any], words: str) -> None:
    answer = client.post("/applications/new/", sent(**changes))
    assert answer.status_code == 422
    assert words.lower() in answer.text.lower()


def test_a_docker_run_line_is_converted(client: Client, team: Team) -> None:
    answer = client.post(
        "/applications/new/", sent(name="", action="paste", paste="docker run -d --name web -p 80:80 nginx:1")
    )
    assert answer.status_code == 200
    assert "image: nginx:1" in answer.text
    assert 'value="web"' in answer.text
    refused = client.post("/applications/new/", sent(action="paste", paste="docker run --frob nginx"))
    assert refused.status_code == 422
    assert "--frob" in refused.text


def test_a_portainer_template_is_chosen(client: Client, team: Team) -> None:
    rows = [{"type": 1, "title": f"App {number}", "image": f"app:{number}"} for number in (1, 2)]
    rows.append({"type": 3, "title": "Stack", "repository": {"url": "https://git.example.org/a", "stackfile": "c.yml"}})
    text = json.dumps({"version": "2", "templates": rows})
    page = client.post("/applications/new/", sent(action="paste", paste=text))
    assert "App 1" in page.text
    assert "App 2" in page.text
    chosen = client.post("/applications/new/", sent(action="", pick="1", paste=text))
    assert "image: app:2" in chosen.text
    stack = client.post("/applications/new/", sent(action="", pick="2", paste=text))
    assert "https://git.example.org/a" in stack.text


def test_files_are_taken_in(client: Client, team: Team) -> None:
    uploads = [
        SimpleUploadedFile("docker-compose.yml", b"services: {up: {image: up}}"),
        SimpleUploadedFile(".env", b"TAG=9"),
        SimpleUploadedFile("site.conf", b"server {}"),
    ]
    page = client.post("/applications/new/", sent(action="upload", uploads=uploads))
    for text in ("image: up", "TAG=9", "site.conf", "server {}"):
        assert text in page.text
    binary = client.post("/applications/new/", sent(action="upload", uploads=[SimpleUploadedFile("x", b"\xff\xfe")]))
    assert (binary.status_code, "is not text in UTF-8" in binary.text) == (422, True)


@pytest.fixture
def shop(client: Client, team: Team) -> Application:
    client.post("/applications/new/", sent())
    return Application.objects.get(name="shop")


def test_changing_makes_a_revision_that_can_be_compared_and_exported(client: Client, shop: Application) -> None:
    where = f"/applications/{shop.pk}"
    page = client.get(f"{where}/edit/")
    assert "nginx:${TAG}" in page.text
    assert "hunter2" not in page.text
    client.post(
        f"{where}/edit/", sent(compose=TEXT.replace("nginx", "caddy"), values="TAG=2\n", file_text=["A=2\n", ""])
    )
    assert [row.number for row in Revision.objects.filter(application=shop)] == [2, 1]
    changes = client.get(f"{where}/revisions/2/changes/").text
    for text in ("image: nginx:${TAG}", "image: caddy:${TAG}", "web.env", "A=2", "TAG=2"):
        assert text in changes
    assert "Nothing differs" in client.get(f"{where}/revisions/2/changes/?from=2").text
    exported = client.get(f"{where}/revisions/2/compose.yaml")
    assert exported.content.decode() == TEXT.replace("nginx", "caddy")
    assert exported.headers["Content-Disposition"] == 'attachment; filename="shop.compose.yaml"'
    assert "nginx:${TAG}" in client.get(f"{where}/edit/?revision=1").text


def test_values_are_not_shown_to_viewers(client_of: ClientOf, client: Client, viewer: User, shop: Application) -> None:
    client.post(f"/applications/{shop.pk}/edit/", sent(values="TAG=other-tag\n"))
    page = client_of(viewer).get(f"/applications/{shop.pk}/revisions/2/changes/")
    assert page.status_code == 200
    assert "other-tag" not in page.text


def test_secrets_are_set_and_forgotten(client: Client, shop: Application) -> None:
    where = f"/applications/{shop.pk}/secret/"
    assert client.post(where, {"name": "NEW", "value": "hunter3"}).status_code == 302
    page = client.get(f"/applications/{shop.pk}/edit/").text
    assert "NEW" in page
    assert "hunter3" not in page
    assert client.post(where, {"remove": "NEW"}).status_code == 302
    assert not ApplicationSecret.objects.filter(name="NEW", current=True).exists()


def test_checking_as_one_types(client: Client, shop: Application) -> None:
    data = {"compose": TEXT, "values": "TAG=1", "application": str(shop.pk), "file_path": "web.env", "file_text": "A=1"}
    found = client.post("/compose/validate/", data).json()
    assert (found["valid"], found["variables"]) == (True, ["TAG"])
    assert client.post("/compose/validate/", {**data, "values": "??"}).json()["errors"][0]["file"] == "values"
    missing = client.post("/compose/validate/", {**data, "values": ""}).json()
    assert missing["errors"][0]["message"] == "TAG has no value."
    new = {"compose": TEXT, "values": "TAG=1", "secret_name": "pw", "file_path": "web.env", "file_text": "A=1"}
    assert client.post("/compose/validate/", new).json()["valid"]
    assert client.post("/compose/validate/", {"compose": TEXT, "application": "nonsense"}).status_code == 404


def test_completions(client: Client, team: Team) -> None:
    words = client.get("/compose/words/").json()
    assert "healthcheck" in words["names"]["services.*"]
    assert "always" in words["values"]["services.*.restart"]
    assert client.get("/compose/images/", {"q": "n"}).json() == {"images": []}
    assert "images" in client.get("/compose/images/", {"q": "pierhead"}).json()


def test_from_git(client: Client, team: Team, tmp_path: Path, settings: Settings) -> None:
    refused = client.post("/applications/new/", sent(action="git", git_url="https://10.0.0.1/x"))
    assert (refused.status_code, "is a private address" in refused.text) == (422, True)
    settings.GIT_PRIVATE = True
    make_repository(tmp_path / "repos" / "shop", {"compose.yaml": TEXT, "web.env": "FROM=git\n", ".env": "TAG=git\n"})
    with serve(tmp_path / "repos") as address:
        page = client.post("/applications/new/", sent(action="git", git_url=f"{address}/shop"))
    assert page.status_code == 200
    for text in ("env_file: web.env", "FROM=git", "TAG=git"):
        assert text in page.text
