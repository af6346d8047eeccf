"""Lines that are half-open, lose packets or are long: noticed in time, nothing lost, nothing done twice."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from engine_agent.state import StateDir, Status
from tests.lab.agent import AgentProcess, start_agent
from tests.lab.hosts import LabHost
from tests.lab.images import BUSYBOX
from tests.lab.portal import Portal
from tests.lab.processes import wait_until

from .conftest import TEAM, Quay

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

ENDED = {"succeeded", "failed", "expired", "cancelled"}


@dataclass
class Far:
    """A host in a network of its own, and its agent, which reaches the portal through it."""

    portal: Portal
    host: LabHost
    agent: AgentProcess
    token: str

    def seen(self) -> dict[str, Any]:
        status, body = self.portal.api("GET", f"hosts/{self.agent.host_id}", self.token)
        assert status == 200, body
        return dict(body)

    def status(self) -> Status:
        found = StateDir(self.agent.state).status()
        assert found is not None
        return found

    def online(self) -> bool:
        return self.status().link == "connected" and self.seen()["state"] == "online"

    def run(self, name: str) -> str:
        """A container that does nothing, as the portal knows it."""
        words = ("run", "--detach", "--network", "none", "--init", "--name", name, BUSYBOX, "/bin/sleep", "3600")
        container = self.host.engine.docker(*words).strip()
        path = f"hosts/{self.agent.host_id}/containers"
        self.portal.wait_for(path, self.token, lambda body: any(one["name"] == name for one in body["items"]))
        return container

    def ask(self, container: str, action: str) -> str:
        path = f"hosts/{self.agent.host_id}/containers/{container}/{action}"
        status, command = self.portal.api("POST", path, self.token, {"timeout": 0})
        assert status == 202, command
        return str(command["id"])

    def ended(self, command: str, seconds: float = 60) -> str:
        path = f"commands/{command}"
        body = self.portal.wait_for(path, self.token, lambda body: body["state"] in ENDED, seconds=seconds)
        return str(body["state"])

    def events(self, name: str, event: str) -> int:
        """How often the engine did it to the container."""
        until = str(int(time.time()) + 1)
        shown = ("events", "--since", "10m", "--until", until, "--filter", f"event={event}")
        lines = self.host.engine.docker(*shown, "--filter", f"container={name}", "--format", "{{.Action}}")
        return len(lines.split())


def far_host(quay_parts: Quay, host: LabHost, delay: float = 0.0) -> Iterator[Far]:
    if not host.engine.docker("images", "-q", BUSYBOX).strip():
        host.engine.image_from_busybox(BUSYBOX)
    host.reach_loopback(quay_parts.portal.port, delay=delay)
    with start_agent(host.engine, quay_parts.portal, team=TEAM, namespace=host.namespace) as agent:
        yield Far(quay_parts.portal, host, agent, quay_parts.token)
    host.engine.tidy()


@pytest.fixture(scope="module")
def far_parts(quay_parts: Quay, lab_hosts: Sequence[LabHost]) -> Iterator[Far]:
    yield from far_host(quay_parts, lab_hosts[0])


@pytest.fixture(scope="module")
def long_line(quay_parts: Quay, lab_hosts: Sequence[LabHost]) -> Iterator[Far]:
    """The other host, 300 ms away in each direction."""
    yield from far_host(quay_parts, lab_hosts[1], delay=0.3)


@pytest.fixture
def far(far_parts: Far) -> Iterator[Far]:
    """With a good line again, and online, after each test."""
    yield far_parts
    far_parts.host.namespace.lose_nothing()
    wait_until(far_parts.online, seconds=60, what="the host online again")


def test_a_half_open_line_is_noticed_on_both_sides_and_its_command_carried_out_once(far: Far) -> None:
    container = far.run("half-open")
    cut = time.time()
    far.host.namespace.lose(far.portal.port)
    command = far.ask(container, "restart")  # the host still looks connected
    wait_until(lambda: far.status().link != "connected", seconds=30, what="the agent noticing", every=0.2)
    agent_noticed = far.status().since - cut
    wait_until(lambda: far.seen()["state"] != "online", seconds=30, what="the portal noticing", every=0.2)
    portal_noticed = time.time() - cut
    assert max(agent_noticed, portal_noticed) < 20, (agent_noticed, portal_noticed)  # 15 s, and a busy machine's delay
    far.host.namespace.lose_nothing()
    assert far.ended(command) == "succeeded"
    assert far.events("half-open", "restart") == 1


@pytest.mark.parametrize("count", [3, pytest.param(40, marks=pytest.mark.long)])
def test_with_thirty_percent_loss_every_command_arrives_once(far: Far, count: int) -> None:
    container = far.run(f"lossy-{count}")
    far.host.namespace.lose(far.portal.port, 0.3)
    commands = [far.ask(container, "restart") for _ in range(count)]
    assert [far.ended(command, seconds=150) for command in commands] == ["succeeded"] * count
    assert far.events(f"lossy-{count}", "restart") == count


@pytest.mark.parametrize("count", [2, pytest.param(20, marks=pytest.mark.long)])
def test_over_a_long_line_everything_works_and_no_clock_is_called_wrong(long_line: Far, count: int) -> None:
    service = {"image": BUSYBOX, "command": ["/bin/sleep", "3600"], "init": True}
    body = {
        "team": TEAM.lower(),
        "name": "distant",
        "service": service,
        "targets": {"hosts": [long_line.agent.host_id]},
    }
    status, application = long_line.portal.api("POST", "applications", long_line.token, body)
    assert status == 201, application
    path = f"applications/{application['id']}/deployments"
    status, deployment = long_line.portal.api("POST", path, long_line.token, {})
    assert status == 202, deployment
    end = long_line.portal.wait_for(
        f"deployments/{deployment['id']}", long_line.token, lambda body: body["state"] not in {"queued", "running"}
    )
    assert (end["state"], end["error"]) == ("succeeded", "")
    container = long_line.host.engine.docker("ps", "--quiet", "--no-trunc", "--filter", "name=distant").strip()
    assert [long_line.ended(long_line.ask(container, "restart")) for _ in range(count)] == ["succeeded"] * count
    seen = long_line.seen()
    assert seen["state"] == "online"
    assert abs(seen["clock_skew_seconds"]) < 10
