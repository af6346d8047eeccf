"""The agent as a service on Windows beside a real portal: what a user of a Windows host does and sees."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from tests.endpoint.conftest import House as Contexts
from tests.endpoint.docker_cli import Way, clean_environment
from tests.lab.oci import Platform, publish
from tests.lab.portal import Portal
from tests.lab.ports import free_port
from tests.lab.registry import Registry
from tests.windows.conftest import served
from tests.windows.test_mixed_application import ENDS, TEAM, fetch
from tests.windows.wine import Ended, Wine

pytestmark = [pytest.mark.windows, pytest.mark.registry, pytest.mark.timeout(500)]

STATE = "C:\\ProgramData\\Pierhead\\agent"
PATIENT = 150.0


@dataclass
class House:
    """A portal, and a Windows that is to become its host."""

    portal: Portal
    wine: Wine
    image: str

    def __post_init__(self) -> None:
        self.token = self.portal.token("admin", team=TEAM)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return self.portal.api(method, path, self.token, body)

    def agent(self, *words: str) -> Ended:
        return self.wine.python("-m", "engine_agent", *words, "--state-dir", STATE, seconds=PATIENT)

    def wait_state(self, host: str, state: str) -> dict[str, Any]:
        found = self.portal.wait_for(f"hosts/{host}", self.token, lambda one: one["state"] == state, seconds=PATIENT)
        return dict(found)


@pytest.fixture(scope="module")
def house(wine: Wine, registry: Registry, real_portal: Portal) -> Iterator[House]:
    builds = [Platform("windows", os_version=f"10.0.{build}.1") for build in (17763, 20348)]
    publish(registry, "wine/site:1", builds)
    with served(wine):
        yield House(real_portal, wine, f"{registry.netloc}/wine/site:1")


def talk_to_it(house: House, host: str, container: str, folder: Path) -> None:
    """The standard Docker client, through the portal's endpoint and the agent's dial-back to the engine's named pipe:
    what is said after the end of the input must still arrive."""
    through = Contexts(house.portal, cast(Any, None), house.token, host).context(folder)
    way = Way("through", clean_environment(folder) | through, folder)
    assert way.docker("version", "--format", "{{.Server.Os}}").out == b"windows\n"
    body = b"a" * 300_000
    said = way.docker("exec", "-i", container, "cat", stdin=body)
    assert (said.code, said.err) == (0, b"")
    assert said.out == body + b"that was all"


def test_from_a_token_to_a_page_and_back(house: House, tmp_path: Path) -> None:
    status, made = house.ask("POST", "hosts/enrolments", {"team": TEAM.lower(), "ttl_seconds": 600, "uses": 1})
    assert status in {200, 201}, made
    enrolled = house.agent("enrol", "--portal", house.portal.url, "--token", made["token"], "--name", "win")
    assert enrolled.code == 0, enrolled
    installed = house.agent("service", "install")
    assert installed.code == 0, installed
    [host] = [one for one in house.ask("GET", "hosts")[1]["items"] if one["name"] == "win"]
    seen = house.wait_state(host["id"], "online")
    assert (seen["os"], seen["os_version"]) == ("windows", "10.0.20348.2655")

    port = free_port()
    service = {"image": house.image, "ports": [f"{port}:80"]}
    body = {"team": TEAM.lower(), "name": "quay", "service": service, "targets": {"hosts": [host["id"]]}}
    status, application = house.ask("POST", "applications", body)
    assert status == 201, application
    status, deployment = house.ask("POST", f"applications/{application['id']}/deployments", {})
    assert status == 202, deployment
    path = f"deployments/{deployment['id']}"
    ended = house.portal.wait_for(path, house.token, lambda one: one["state"] in ENDS, seconds=PATIENT)
    assert ended["state"] == "succeeded", ended
    assert "on windows" in fetch(port)
    assert "pull" in json.dumps(ended)

    [container] = house.ask("GET", f"hosts/{host['id']}/containers")[1]["items"]
    assert container["state"] == "running"
    status, logs = house.ask("GET", f"hosts/{host['id']}/containers/{container['id']}/logs?tail=10")
    assert (status, "listening" in str(logs)) == (200, True)

    talk_to_it(house, host["id"], container["name"], tmp_path)

    examined = house.agent("doctor")
    assert "npipe:////./pipe/docker_engine" in examined.stdout + examined.stderr, examined

    stopped = house.wine.run("net", "stop", "PierheadAgent", seconds=PATIENT)
    assert house.wait_state(host["id"], "offline"), stopped
    started = house.wine.run("net", "start", "PierheadAgent", seconds=PATIENT)
    assert house.wait_state(host["id"], "online"), started

    status, command = house.ask("POST", f"hosts/{host['id']}/containers/{container['id']}/stop")
    assert status == 202, command
    done = {"succeeded", "failed", "expired", "cancelled"}
    identity = command.get("id") or command.get("command_id")
    over = house.portal.wait_for(f"commands/{identity}", house.token, lambda one: one["state"] in done, seconds=PATIENT)
    assert over["state"] == "succeeded", over
    assert house.agent("service", "remove").code == 0
