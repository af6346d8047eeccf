"""Secrets of an application: sealed at rest, a stand-in everywhere, themselves on the wire alone."""

import re
from collections.abc import Callable

import msgspec
import pytest
from pytest_django.fixtures import Settings

from engine_agent.protocol.bodies import Deploy
from engine_agent.protocol.messages import CommandSend
from hosts.models import Application, ApplicationSecret, Command, Deployment, Host
from hosts.services.applications import application_create, application_revise
from hosts.services.commands import commands_due
from hosts.services.deployments import deployment_start
from hosts.services.plans import plan_make, revision_project
from hosts.services.secrets import secret_remove, secret_set, stand_ins, with_secrets
from portal.people.access import Actor
from portal.people.models import AuditEntry, Team, User
from portal.problems import Conflict, Invalid, NotAllowed, NotFound
from tests.hosts.answers import Api, answer
from tests.hosts.resolving import resolve

ActorOf = Callable[[User], Actor]

pytestmark = pytest.mark.django_db

COMPOSE = """
services:
  db:
    image: nginx:1
    environment: {PASSWORD: "${PASSWORD}"}
    secrets: [tls]
    volumes: ["./db/init.sql:/init.sql:ro"]
secrets: {tls: {external: true}}
"""
FILES = {"db/init.sql": "create table a;"}


@pytest.fixture
def writer(deployer: User, actor_of_user: ActorOf) -> Actor:
    return actor_of_user(deployer)


@pytest.fixture
def shop(team: Team, writer: Actor) -> Application:
    secrets = {"PASSWORD": "hunter2", "tls": "-----KEY-----"}
    return application_create(team=team, name="shop", actor=writer, compose=COMPOSE, files=FILES, secrets=secrets)[0]


def test_what_is_stored_shows_nothing(shop: Application, linux_host: Host, writer: Actor) -> None:
    revision = shop.revisions.get()
    deployment = deployment_start(revision=revision, actor=writer, resolve=resolve)
    command = Command.objects.get()
    stored = [bytes(row.sealed) for row in ApplicationSecret.objects.all()]
    stored += [bytes(command.body), str(Deployment.objects.values().get(pk=deployment.pk)).encode()]
    stored += [str(list(AuditEntry.objects.values())).encode(), repr(revision_project(revision)).encode()]
    for text in stored:
        assert b"hunter2" not in text
        assert b"-----KEY-----" not in text


def test_the_agent_gets_them(shop: Application, linux_host: Host, writer: Actor) -> None:
    deployment_start(revision=shop.revisions.get(), actor=writer, resolve=resolve)
    (sent,) = commands_due(host_id=linux_host.pk, everything=False)
    assert isinstance(sent, CommandSend)
    body = sent.body
    assert isinstance(body, Deploy)
    (spec,) = body.containers
    assert spec.create["Env"] == ["PASSWORD=hunter2"]
    assert {file.path: file.content for file in spec.files} == {
        "/run/secrets/tls": "-----KEY-----",
        "/init.sql": "create table a;",
    }
    assert "hunter2" not in str(spec.create["Labels"])


def test_a_new_value_remakes_and_the_same_does_not(shop: Application, linux_host: Host, writer: Actor) -> None:
    def hashes() -> set[str]:
        plan = plan_make(revision=shop.revisions.get(), actor=writer, resolve=resolve)
        return {one.config_hash for host in plan.hosts for one in host.containers}

    before = hashes()
    secret_set(application=shop, name="PASSWORD", value="hunter2", actor=writer)
    assert hashes() == before
    secret_set(application=shop, name="PASSWORD", value="changed", actor=writer)
    assert hashes() != before


def test_a_command_on_its_way_keeps_the_value_it_was_made_with(
    shop: Application, linux_host: Host, writer: Actor
) -> None:
    deployment_start(revision=shop.revisions.get(), actor=writer, resolve=resolve)
    secret_set(application=shop, name="PASSWORD", value="changed", actor=writer)
    secret_remove(application=shop, name="tls", actor=writer)
    (sent,) = commands_due(host_id=linux_host.pk, everything=False)
    assert "hunter2" in str(msgspec.to_builtins(sent))


def test_another_application_s_secrets_are_not_put_in(shop: Application, writer: Actor, team: Team) -> None:
    text = stand_ins(shop)["PASSWORD"]
    assert re.fullmatch(r"⁅PASSWORD·[0-9a-f]{32}⁆", text)
    stolen = application_create(
        team=team, name="thief", actor=writer, compose=f"services: {{a: {{image: x, user: '{text}'}}}}"
    )[0]
    body = Deploy(project="thief", images=(), networks=(), volumes=(), containers=())
    assert with_secrets(body, project="thief", team=team.pk) == body
    named = msgspec.structs.replace(body, project=text)
    assert with_secrets(named, project=stolen.name, team=team.pk) == named
    assert with_secrets(named, project="shop", team=team.pk) != named


def test_a_key_that_changed_fails_the_command_with_words(
    shop: Application, linux_host: Host, writer: Actor, settings: Settings
) -> None:
    deployment_start(revision=shop.revisions.get(), actor=writer, resolve=resolve)
    settings.SECRET_KEY = "another key than before, long enough to be one"
    assert commands_due(host_id=linux_host.pk, everything=False) == []
    command = Command.objects.get()
    assert (command.state, "PIERHEAD_SECRET_KEY" in command.error) == ("failed", True)


def test_revisions_keep_files_and_check_them(shop: Application, writer: Actor) -> None:
    again = application_revise(application=shop, actor=writer, values={"A": "1"})
    assert again.files == FILES
    with pytest.raises(Invalid, match=r"init\.sql"):
        application_revise(application=shop, actor=writer, files={})
    with pytest.raises(Invalid, match="leaves the project"):
        application_revise(application=shop, actor=writer, files={"../x": ""})
    with pytest.raises(Invalid, match="cannot be the name"):
        application_revise(application=shop, actor=writer, files={"compose.yaml": ""})


def test_an_override_file_is_merged_over(shop: Application, writer: Actor) -> None:
    files = {**FILES, "compose.override.yaml": "services: {db: {user: '9'}}"}
    revision = application_revise(application=shop, actor=writer, files=files)
    assert revision_project(revision).service("db").user == "9"


@pytest.mark.parametrize(("name", "value"), [("", "x"), ("a b", "x"), ("1x", "x"), ("x", ""), ("x", "y" * 300_000)])
def test_refuses(shop: Application, writer: Actor, name: str, value: str) -> None:
    with pytest.raises(Invalid):
        secret_set(application=shop, name=name, value=value, actor=writer)


def test_who_may(shop: Application, viewer: User, stranger: User, writer: Actor, actor_of_user: ActorOf) -> None:
    for actor in map(actor_of_user, (viewer, stranger)):
        with pytest.raises((NotAllowed, NotFound)):
            secret_set(application=shop, name="A", value="x", actor=actor)
        with pytest.raises((NotAllowed, NotFound)):
            secret_remove(application=shop, name="PASSWORD", actor=actor)
    with pytest.raises(NotFound):
        secret_remove(application=shop, name="nothing", actor=writer)


def test_how_many(shop: Application, writer: Actor) -> None:
    rows = [ApplicationSecret(application=shop, name=f"N{number}", sealed=b"") for number in range(198)]
    ApplicationSecret.objects.bulk_create(rows)
    with pytest.raises(Conflict, match="at most 200"):
        secret_set(application=shop, name="more", value="x", actor=writer)
    for number in range(12):
        secret_set(application=shop, name="PASSWORD", value=f"value {number}", actor=writer)
    assert ApplicationSecret.objects.filter(application=shop, name="PASSWORD").count() == 6


def test_a_text_with_a_missing_secret_is_refused_and_leaves_nothing(team: Team, writer: Actor) -> None:
    with pytest.raises(Invalid, match="PASSWORD has no value"):
        application_create(team=team, name="shop", actor=writer, compose=COMPOSE, files=FILES, secrets={"tls": "x"})
    assert not Application.objects.exists()
    assert not ApplicationSecret.objects.exists()


def test_over_http(shop: Application, deployer: User, api_of: Api) -> None:
    client = api_of(deployer)
    where = f"applications/{shop.pk}/secrets"
    assert client.call("PUT", f"{where}/NEW", {"value": "x"}).status_code == 204
    listed = answer(client.get(where))
    assert [row["name"] for row in listed] == ["NEW", "PASSWORD", "tls"]
    assert "hunter2" not in str(listed)
    assert client.delete(f"{where}/NEW").status_code == 204
    assert client.delete(f"{where}/NEW").status_code == 404
    assert client.get(f"applications/{shop.pk}/compose").content.decode() == COMPOSE


def test_validating_over_http(shop: Application, deployer: User, api_of: Api) -> None:
    client = api_of(deployer)
    found = answer(client.post("compose/validate", {"compose": COMPOSE, "files": FILES, "application": str(shop.pk)}))
    assert (found["valid"], found["errors"], found["variables"]) == (True, [], ["PASSWORD"])
    assert found["services"] == [{"name": "db", "image": "nginx:1", "replicas": 1}]
    assert [note["path"] for note in found["notes"]] == ["services.db.volumes[0]"]
    broken = answer(client.post("compose/validate", {"compose": "services:\n  web:\n    prots: [1]\n"}))
    assert [(one["path"], one["line"], one["column"], bool(one["remedy"])) for one in broken["errors"]] == [
        ("services.web.image", 2, 3, True),
        ("services.web.prots", 3, 5, True),
    ]


def test_converting_over_http(deployer: User, api_of: Api) -> None:
    client = api_of(deployer)
    (found,) = answer(client.post("compose/convert", {"docker_run": "docker run -d --name web nginx:1"}))
    assert (found["name"], "image: nginx:1" in found["compose"]) == ("web", True)
    refused = client.post("compose/convert", {"docker_run": "docker run --frob x"})
    assert refused.status_code == 422
    templates = '{"version": "2", "templates": [{"type": 1, "title": "A", "image": "x"}]}'
    assert answer(client.post("compose/convert", {"portainer": templates}))[0]["title"] == "A"


def test_what_deserves_a_look_is_in_the_plan(shop: Application, linux_host: Host, writer: Actor) -> None:
    plan = plan_make(revision=shop.revisions.get(), actor=writer, resolve=resolve)
    assert any("is delivered as a copy" in warning for warning in plan.warnings)
