"""Applications that come from git, from a real server: each commit a revision, deployed if wanted; what goes wrong."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from hosts.models import Application, Deployment, GitSource, Host
from hosts.services.applications import application_revise
from hosts.services.git_looks import NEVER, source_look, sources_due
from hosts.services.git_sources import Follow, application_from_git, source_detach, source_set
from hosts.services.hook_deliveries import hook_carry
from hosts.services.hooks import hook_make
from hosts.services.imports import GitRefused
from portal.people.access import Actor, actor_for_user, portal_actor
from portal.people.models import AuditEntry, Membership, Team, User
from portal.problems import Conflict, Invalid
from tests.hosts.answers import Api, answer

from .deploying import finish
from .git_server import commit, make_repository, serve
from .resolving import resolve

pytestmark = pytest.mark.django_db
ONE = "services: {web: {image: 'nginx:1', labels: {n: '1'}}}\n"
TWO = "services: {web: {image: 'nginx:1', labels: {n: '2'}}}\n"


@pytest.fixture
def repository(tmp_path: Path, settings: Settings) -> Path:
    settings.GIT_PRIVATE = True
    folder = tmp_path / "repos" / "shop"
    make_repository(folder, {"compose.yaml": ONE})
    return folder


@pytest.fixture
def url(repository: Path) -> Iterator[str]:
    with serve(repository.parent) as address:
        yield f"{address}/shop"


@pytest.fixture
def actor(deployer: User) -> Actor:
    return actor_for_user(deployer)


@pytest.fixture
def source(team: Team, linux_host: Host, url: str, actor: Actor) -> GitSource:
    """Followed on main, a revision for each commit."""
    follow = Follow(url, ref="main")
    application, _revision = application_from_git(team=team, name="shop", follow=follow, actor=actor)
    return GitSource.objects.get(application=application)


def look(source: GitSource) -> str:
    told = source_look(source_id=source.pk, resolve=resolve)
    source.refresh_from_db()
    return told


def test_the_first_revision_is_of_the_commit(source: GitSource) -> None:
    revision = source.application.revisions.get()
    told = {"commit": source.commit, "author": "a", "subject": "first", "url": source.url, "ref": "main"}
    assert (revision.compose, revision.origin) == (ONE, {"git": told})
    assert look(source) == ""
    assert source.application.revisions.count() == 1
    assert "git-source.follow" in AuditEntry.objects.values_list("action", flat=True)


def test_a_new_commit_is_a_revision_to_look_at(source: GitSource, repository: Path) -> None:
    made = commit(repository, {"compose.yaml": TWO, ".env": "A=1\n"}, "Say two.")
    assert look(source) == "Revision 2 is made."
    newest = source.application.revisions.get(number=2)
    assert (newest.compose, newest.files, newest.origin["git"]["subject"]) == (TWO, {".env": "A=1\n"}, "Say two.")
    assert (source.commit, source.subject, source.problem) == (made, "Say two.", "")
    assert not Deployment.objects.exists()
    commit(repository, {"README": "nothing of ours"})
    assert look(source) == ""
    assert source.application.revisions.count() == 2


def test_a_new_commit_is_deployed_by_the_policy(source: GitSource, repository: Path, actor: Actor) -> None:
    source_set(application=source.application, follow=Follow(source.url, action="deploy"), actor=actor)
    assert look(source) == "Revision 1 is being deployed."
    commit(repository, {"compose.yaml": TWO})
    look(source)  # the first one is open: it waits, and nothing is wrong
    assert (source.problem, Deployment.objects.count()) == ("", 1)
    finish(Deployment.objects.get())
    assert look(source) == "Revision 2 is being deployed."
    second = Deployment.objects.get(revision__number=2)
    assert second.started_by == actor.user
    finish(second, "failed", error="it ended")
    assert "deployed" not in look(source)  # one that failed was put back, and is not tried again by itself
    assert Deployment.objects.filter(revision__number=2).count() == 1


def test_a_source_is_claimed_and_a_commit_taken_once(source: GitSource, repository: Path) -> None:
    now = timezone.now() + timedelta(hours=1)
    assert sources_due(now=now) == [source.pk]
    assert sources_due(now=now) == []
    commit(repository, {"compose.yaml": TWO})
    look(source)
    look(source)
    assert source.application.revisions.count() == 2


def test_failures_are_told_tried_later_and_forgotten(source: GitSource, repository: Path) -> None:
    broken = commit(repository, {"compose.yaml": "services:\n  web:\n    image: x\n    imagee: x\n"})
    now = timezone.now()
    told = source_look(source_id=source.pk, now=now)
    source.refresh_from_db()
    assert "line 4" in told
    assert (source.problem, source.checked_at, source.commit == broken) == (told, now, False)
    waits = []
    for _ in range(3):
        at = source.next_at
        source_look(source_id=source.pk, now=at)
        source.refresh_from_db()
        waits.append((source.next_at - at).total_seconds())
    assert waits == [120, 240, 480]
    assert AuditEntry.objects.filter(action="git-source.look").count() == 1
    assert source.application.revisions.count() == 1
    commit(repository, {"compose.yaml": TWO})
    assert look(source) == "Revision 2 is made."
    assert source.problem == ""


def test_a_branch_that_is_gone_and_a_server_that_is_away(source: GitSource) -> None:
    GitSource.objects.update(ref="gone")
    assert "no branch or tag “gone”" in look(source)
    GitSource.objects.update(ref="", url="http://127.0.0.1:9/shop")
    assert "git says" in look(source)
    assert source.application.revisions.count() == 1


def test_it_acts_with_the_rights_of_who_set_it(source: GitSource, repository: Path, deployer: User) -> None:
    Membership.objects.filter(user=deployer).delete()
    commit(repository, {"compose.yaml": TWO})
    look(source)
    assert source.problem
    assert source.application.revisions.count() == 1
    GitSource.objects.update(set_by=None)
    assert "not there any more" in look(source)


def test_texts_are_changed_in_git_or_after_detaching(source: GitSource, actor: Actor) -> None:
    application = source.application
    with pytest.raises(Conflict, match="Change it there, or stop following") as refused:
        application_revise(application=application, actor=actor, compose=TWO)
    assert refused.value.code == "git-source"
    assert application_revise(application=application, actor=actor, values={"A": "1"}).number == 2
    source_detach(source=source, actor=actor)
    assert application_revise(application=application, actor=actor, compose=TWO).number == 3


def test_a_token_is_sealed_used_and_kept_to_its_server(repository: Path, team: Team, actor: Actor) -> None:
    with serve(repository.parent, login="bot:s3cret") as address:
        follow = Follow(f"{address}/shop", access="token", username="bot", token="s3cret")
        with pytest.raises(GitRefused, match="give a name and a token"):
            application_from_git(team=team, name="shop", follow=Follow(follow.url), actor=actor)
        application, _revision = application_from_git(team=team, name="shop", follow=follow, actor=actor)
        source = GitSource.objects.get()
        assert b"s3cret" not in bytes(source.secret)
        assert "s3cret" not in str(list(AuditEntry.objects.values_list("detail", flat=True)))
        again = Follow(follow.url, access="token", username="bot", poll_seconds=0)
        source_set(application=application, follow=again, actor=actor)
        assert look(source) == ""
        assert (source.problem, source.next_at) == ("", NEVER)
    elsewhere = Follow("http://127.0.0.1:9/shop", access="token", username="bot")
    with pytest.raises(Invalid, match="Enter the token"):
        source_set(application=application, follow=elsewhere, actor=actor)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"url": "git@github.com:a/b"}, "url"),
        ({"url": "ssh://git@example.org/a"}, "url"),
        ({"access": "key"}, "access"),
        ({"access": "x"}, "access"),
        ({"action": "x"}, "action"),
        ({"poll_seconds": 5}, "poll_seconds"),
        ({"access": "token"}, "token"),
        ({"access": "token", "token": "a\nb"}, "token"),
        ({"username": "a:b"}, "username"),
    ],
)
def test_bad_input(team: Team, actor: Actor, wish: dict[str, Any], field: str) -> None:
    follow = Follow(**{"url": "https://x.invalid/a", **wish})
    with pytest.raises(Invalid) as refused:
        application_from_git(team=team, name="shop", follow=follow, actor=actor)
    assert list(refused.value.fields) == [field]
    assert not Application.objects.exists()


def test_a_signed_push_has_it_looked_at(source: GitSource, repository: Path, client: Client) -> None:
    cache.clear()
    hook, secret = hook_make(application=source.application, actor=portal_actor())
    commit(repository, {"compose.yaml": TWO})
    for ref, state, count in (("refs/heads/other", "ignored", 1), ("refs/heads/main", "done", 2)):
        body = json.dumps({"ref": ref, "after": "0" * 40})
        signature = f"sha256={hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()}"
        headers = {"X-GitHub-Event": "push", "X-Hub-Signature-256": signature}
        path = f"/api/v1/hooks/{hook.pk}"
        taken = client.post(path, body, content_type="application/json", headers=headers)
        assert taken.status_code == 202
        assert hook_carry(delivery_id=taken.json()["id"]) == state
        assert source.application.revisions.count() == count


def test_the_api(api_of: Api, deployer: User, team: Team, url: str, repository: Path) -> None:
    api = api_of(deployer)
    made = answer(api.post("applications/from-git", {"team": team.slug, "name": "shop", "url": url}), 201)
    path = f"applications/{made['id']}/git"
    found = answer(api.get(path))
    assert (found["commit"], found["subject"], found["poll_seconds"]) == (made["git"]["commit"], "first", 300)
    assert "secret" not in found
    commit(repository, {"compose.yaml": TWO})
    assert answer(api.post(f"{path}/look"))["told"] == "Revision 2 is made."
    changed = answer(api.call("PUT", path, {"url": url, "poll_seconds": 600, "action": "deploy"}))
    assert (changed["action"], changed["poll_seconds"]) == ("deploy", 600)
    assert api.delete(path).status_code == 204
    assert answer(api.get(path), 404)["type"].endswith("git-source-not-found")


def test_the_pages(client: Client, deployer: User, url: str, repository: Path) -> None:
    client.force_login(deployer)
    typed = {"url": url, "access": "open", "action": "revise", "poll_seconds": "300"}
    refused = client.post("/applications/new/git/", {**typed, "name": "shop", "ref": "gone"})
    assert refused.status_code == 422
    assert "git says" in refused.content.decode()
    page = client.post("/applications/new/git/", {**typed, "name": "shop"}, follow=True)
    assert "first" in page.content.decode()
    where = f"/applications/{Application.objects.get().pk}/"
    commit(repository, {"compose.yaml": "services: {web: {image: x, imagee: x}}"})
    page = client.post(f"{where}git/act/", {"act": "look"}, follow=True)
    assert "imagee" in page.content.decode()
    assert "The repository could not be followed." in client.get(where).content.decode()
    assert "Its text comes from git." in client.get(f"{where}edit/").content.decode()
    assert client.post(f"{where}edit/", {"compose": TWO, "action": "save"}).status_code == 409
    assert client.post(f"{where}git/", {**typed, "poll_seconds": "60"}).status_code == 302
    client.post(f"{where}git/act/", {"act": "detach"})
    assert client.post(f"{where}edit/", {"compose": TWO, "action": "save"}).status_code == 302
