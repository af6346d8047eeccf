"""A project from git: what is taken along, what is refused, and that nothing of a repository is run or followed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from gallery.compose.references import referred
from hosts.services import imports
from hosts.services.imports import GitRefused, git_fetch
from portal.problems import Unavailable

from .git_server import make_repository, serve

COMPOSE = """services:
  web:
    image: nginx:1
    env_file: web.env
    volumes: ["./conf:/etc/nginx/conf.d:ro", "./link:/link"]
  db: {extends: {file: parts/db.yaml, service: db}}
"""
FILES: dict[str, str | bytes] = {
    "app/compose.yaml": COMPOSE,
    "app/web.env": "A=1\n",
    "app/conf/site.conf": "server {}",
    "app/parts/db.yaml": "services: {db: {image: pg:1, env_file: db.env}}",
    "app/parts/db.env": "B=1\n",
    "app/.env": "TAG=1\n",
    "app/src/main.py": "print()",
    "up/compose.yaml": "services: {web: {image: x, env_file: ../app/web.env}}",
    "bin/compose.yaml": "services: {web: {image: x, volumes: ['./logo.png:/logo.png']}}",
    "bin/logo.png": b"\x89PNG\xff",
}


@pytest.fixture
def server(tmp_path: Path, settings: Settings) -> Iterator[str]:
    settings.GIT_PRIVATE = True
    make_repository(tmp_path / "repos" / "shop", FILES, link="app/link")
    make_repository(tmp_path / "repos" / "empty", {"README": "nothing"})
    with serve(tmp_path / "repos") as address:
        yield address


def test_the_compose_file_and_what_it_refers_to(server: str) -> None:
    found = git_fetch(url=f"{server}/shop", ref="main", path="app")
    assert (found.path, found.compose, len(found.commit)) == ("app/compose.yaml", COMPOSE, 40)
    assert sorted(found.files) == [".env", "conf/site.conf", "parts/db.env", "parts/db.yaml", "web.env"]
    assert git_fetch(url=f"{server}/shop/", path="/app/compose.yaml").commit == found.commit


@pytest.mark.parametrize(
    ("repository", "ref", "path", "message"),
    [
        ("shop", "", "", "There is no compose file"),
        ("shop", "nothing", "app", "git says"),
        ("shop", "--upload-pack=x", "app", "is not the name of a branch"),
        ("shop", "a..b", "app", "is not the name of a branch"),
        ("shop", "", "up", "files above its folder"),
        ("shop", "", "bin", "is not text in UTF-8"),
        ("absent", "", "", "git says"),
        ("empty", "", "", "There is no compose file"),
    ],
)
def test_refusals(server: str, repository: str, ref: str, path: str, message: str) -> None:
    with pytest.raises(GitRefused, match=message):
        git_fetch(url=f"{server}/{repository}", ref=ref, path=path)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "Only addresses"),
        ("ssh://git@example.org/x", "Leave the name and password out"),
        ("git@github.com:a/b", "Only addresses"),
        ("file:///etc", "Only addresses"),
        ("ext::sh -c id", "Only addresses"),
        ("http://93.184.215.14/x", "Only addresses"),
        ("https://user:pw@example.org/x", "Leave the name and password out"),
        ("https://10.0.0.1/x", "is a private address"),
        ("https://169.254.169.254/x", "is a private address"),
        ("https://[::1]/x", "is a private address"),
        ("https://127.0.0.1:99999/x", "This is not an address"),
        ("https://no-such-machine.invalid/x", "There is no machine called"),
    ],
)
def test_addresses(url: str, message: str) -> None:
    with pytest.raises(GitRefused, match=message):
        git_fetch(url=url)


def test_a_server_that_does_not_answer(tmp_path: Path, settings: Settings) -> None:
    settings.GIT_PRIVATE = True
    with serve(tmp_path, silent=True) as address, pytest.raises(Unavailable, match="did not arrive in time"):
        git_fetch(url=f"{address}/x", timeout=0.5)


def test_a_repository_that_is_too_large(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MAX_BYTES", 10)
    with pytest.raises(GitRefused, match="is larger than"):
        git_fetch(url=f"{server}/shop", path="app")


def test_circles_of_files_and_folders_are_followed_once() -> None:
    texts = {"a.yaml": "include: [b.yaml, d]", "b.yaml": "include: [a.yaml, './d']", "d/x": "", "e": ""}
    assert referred(texts, "a.yaml", texts.__getitem__) == ("b.yaml", "d/x")
    assert referred(["a.yaml"], "a.yaml", lambda name: "[") == ()
