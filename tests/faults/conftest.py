"""A portal without a local host, and an agent of its own beside a private engine: each can be killed alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lab.agent import AgentProcess, start_agent
from tests.lab.engine import Engine, start_engine
from tests.lab.portal import Portal, start_portal
from tests.lab.processes import wait_until
from tests.lab.registry import Registry

TEAM = "Harbour"
ENDS = {"succeeded", "failed", "rolled_back", "cancelled"}
# Becomes healthy after four seconds: time enough to kill something while the deploy waits for it.
SLOW = "sleep 4; touch /tmp/ready; sleep 3600"


@dataclass
class Quay:
    """portal, agent and engine, and the small words of these tests over the API."""

    portal: Portal
    agent: AgentProcess
    engine: Engine
    registry: Registry
    token: str

    def application(self, name: str, service: dict[str, Any]) -> str:
        """A new application on the one host; gives its id."""
        body = {"team": TEAM.lower(), "name": name, "service": service, "targets": {"hosts": [self.agent.host_id]}}
        status, answer = self.portal.api("POST", "applications", self.token, body)
        assert status == 201, answer
        return str(answer["id"])

    def deploy(self, application: str) -> str:
        """Start a deployment; gives its id."""
        status, answer = self.portal.api("POST", f"applications/{application}/deployments", self.token, {})
        assert status == 202, answer
        return str(answer["id"])

    def deployment(self, deployment: str) -> dict[str, Any]:
        status, body = self.portal.api("GET", f"deployments/{deployment}", self.token)
        assert status == 200, body
        return dict(body)

    def wait_for_container(self, name: str) -> str:
        """Wait until the engine runs it; gives its id."""
        shown = ("ps", "--quiet", "--no-trunc", "--filter", f"name=^{name}$", "--filter", "status=running")
        wait_until(lambda: bool(self.engine.docker(*shown).strip()), seconds=60, what=f"{name} running")
        return self.engine.docker(*shown).strip()

    def wait_for_end(self, deployment: str, *, seconds: float = 90) -> dict[str, Any]:
        """The deployment once it has ended."""
        path = f"deployments/{deployment}"
        return dict(self.portal.wait_for(path, self.token, lambda body: body["state"] in ENDS, seconds=seconds))


@pytest.fixture(scope="package")
def quay_engine() -> Iterator[Engine]:
    """An engine that tries a download once more and not five times."""
    with start_engine("faults", settings={"max-download-attempts": 2}) as engine:
        engine.image_from_busybox("lab:1")
        yield engine


@pytest.fixture(scope="package")
def quay_parts(quay_engine: Engine, registry: Registry) -> Iterator[Quay]:
    with start_portal() as portal, start_agent(quay_engine, portal, team=TEAM) as agent:
        yield Quay(portal, agent, quay_engine, registry, portal.token("deployer", team=TEAM))


@pytest.fixture
def quay(quay_parts: Quay) -> Iterator[Quay]:
    """Everything up again, and empty, after each test."""
    yield quay_parts
    if not quay_parts.engine.running:
        quay_parts.engine.start()
    quay_parts.agent.wait_state("online")
    quay_parts.engine.tidy()


@pytest.fixture
def slow_service() -> dict[str, Any]:
    """A service that becomes healthy after a few seconds."""
    return {
        "image": "lab:1",
        "command": ["/bin/sh", "-c", SLOW],
        "healthcheck": {"test": ["CMD", "/bin/test", "-e", "/tmp/ready"], "interval": "1s", "retries": 30},
    }
