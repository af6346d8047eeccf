"""Agents are updated from the portal: offered when older, signed by the portal's key, one at a time."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from django.test import Client
from pytest_django import Settings

from engine_agent.protocol import verify
from engine_agent.protocol.bodies import CommandBody
from engine_agent.protocol.package import UpdateAgent, package_bytes
from hosts.agent_package import offer as offering
from hosts.agent_package.locks import Pin
from hosts.agent_package.offer import offer
from hosts.agent_package.signing import package_public
from hosts.models import Command, Host
from hosts.services.agent_updates import agent_update, agents_update, update_offered
from portal.people.access import actor_for_user
from portal.people.models import AuditEntry, Team, User
from portal.problems import Conflict, NotAllowed
from tests.people import ApiClient, make_host

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def collected(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal that has one wheel of one library, for Linux on amd64."""
    settings.DATA_DIR = tmp_path
    folder = tmp_path / "agent" / "wheels"
    folder.mkdir(parents=True)
    name = "h11-1-cp311-cp311-manylinux2014_x86_64.whl"
    (folder / name).write_bytes(b"wheel")
    monkeypatch.setattr(offering.Offer, "pins", (Pin("h11", "1", (hashlib.sha256(b"wheel").hexdigest(),)),))


@pytest.fixture
def older(team: Team) -> Host:
    return make_host(team, "rock", os="linux", architecture="amd64", agent_version="0.0.1")


def body_of(command: Command) -> UpdateAgent:
    body = msgspec.msgpack.decode(command.body, type=CommandBody)
    assert isinstance(body, UpdateAgent)
    return body


def test_a_newer_version_is_offered_to_older_agents_alone(older: Host, team: Team) -> None:
    version = offer().wheel.version
    assert update_offered(older) == version
    assert update_offered(make_host(team, "new", agent_version=version)) == ""
    assert update_offered(make_host(team, "newer", agent_version="99.0")) == ""
    assert update_offered(make_host(team, "unknown", agent_version="")) == ""


def test_the_command_carries_a_package_that_this_portal_signed(older: Host, admin: User) -> None:
    body = body_of(agent_update(host=older, actor=actor_for_user(admin)))
    assert verify(package_public(), package_bytes(body.version, body.files), body.signature)
    assert [one.name for one in body.files] == [offer().wheel.name, "h11-1-cp311-cp311-manylinux2014_x86_64.whl"]
    assert body.files[0].sha256 == offer().wheel.sha256
    assert AuditEntry.objects.filter(action="host.update_agent").count() == 1


def test_another_secret_key_signs_otherwise(settings: Settings) -> None:
    before = package_public()
    settings.SECRET_KEY = "another"
    assert package_public() != before


def test_one_update_at_a_time(older: Host, admin: User) -> None:
    agent_update(host=older, actor=actor_for_user(admin))
    with pytest.raises(Conflict) as caught:
        agent_update(host=older, actor=actor_for_user(admin))
    assert caught.value.code == "agent-update-running"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"agent_version": "99.0"}, "agent-current"),
        ({"os": "windows"}, "agent-update-unsupported"),
        ({"architecture": "arm64"}, "package-incomplete"),
    ],
)
def test_what_cannot_be_updated(older: Host, admin: User, changes: dict[str, str], code: str) -> None:
    for field, value in changes.items():
        setattr(older, field, value)
    with pytest.raises(Conflict) as caught:
        agent_update(host=older, actor=actor_for_user(admin))
    assert caught.value.code == code


def test_many_at_once_and_who_was_left_out(older: Host, team: Team, admin: User) -> None:
    other = make_host(team, "arm", os="linux", architecture="arm64", agent_version="0.0.1")
    commands, left = agents_update(hosts=[older, other], actor=actor_for_user(admin))
    assert [command.host for command in commands] == [older]
    assert "linux/arm64" in left[0]


def test_deployers_may_not(older: Host, deployer: User) -> None:
    with pytest.raises(NotAllowed):
        agent_update(host=older, actor=actor_for_user(deployer))


def test_the_page_offers_it_to_admins_alone(older: Host, as_admin: Client, as_viewer: Client) -> None:
    url = f"/hosts/{older.pk}/update-agent/"
    assert url in as_admin.get(f"/hosts/{older.pk}/").content.decode()
    text = as_viewer.get(f"/hosts/{older.pk}/").content.decode()
    assert f"{offer().wheel.version} available" in text
    assert url not in text


def test_from_the_page_of_the_agent_all_are_updated(older: Host, as_admin: Client) -> None:
    assert "Update all to" in as_admin.get("/agent/").content.decode()
    assert as_admin.post("/agent/update-hosts/").status_code == 302
    assert older.commands.get().kind == "update_agent"


def test_over_the_api(older: Host, admin: User, api_of: Callable[[User | None], ApiClient]) -> None:
    answer = api_of(admin).call("POST", f"/api/v1/hosts/{older.pk}/agent-update")
    assert answer.status_code == 202
    assert json.loads(answer.content)["id"] == str(older.commands.get().pk)
