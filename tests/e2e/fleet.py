"""A portal and two real hosts, each with its agent, as tests of several hosts need them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lab.agent import AgentProcess, start_agent
from tests.lab.hosts import LabHost
from tests.lab.images import BUSYBOX
from tests.lab.portal import Portal, start_portal
from tests.lab.ports import free_port
from tests.lab.processes import wait_until

TEAM = "Harbour"
ENDS = {"succeeded", "failed", "rolled_back", "cancelled"}


@dataclass
class Fleet:
    """A portal and two hosts with their agents, labelled side=left and side=right."""

    portal: Portal
    hosts: Sequence[LabHost]
    agents: Sequence[AgentProcess]
    token: str

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        status, answer = self.portal.api(method, path, self.token, body)
        assert status in {200, 201, 202}, answer
        return dict(answer)

    def application(self, name: str, services: dict[str, Any]) -> str:
        body = {
            "team": TEAM.lower(),
            "name": name,
            "compose": json.dumps({"services": services}),
            "targets": {"any": True},
        }
        return str(self.ask("POST", "applications", body)["id"])

    def deploy(self, application: str) -> dict[str, Any]:
        """Deploy the newest revision; the deployment once it has ended."""
        plan = self.ask("POST", f"applications/{application}/plan")
        started = self.ask("POST", f"applications/{application}/deployments", {"plan_digest": plan["digest"]})
        return self.ended(str(started["id"]))

    def ended(self, deployment: str) -> dict[str, Any]:
        path = f"deployments/{deployment}"
        return dict(self.portal.wait_for(path, self.token, lambda body: body["state"] in ENDS, seconds=90))

    def names(self) -> list[str]:
        """Every container with its state, host after host."""
        rows = [host.engine.docker("ps", "-a", "--format", "{{.Names}} {{.State}}").splitlines() for host in self.hosts]
        return [line for lines in rows for line in sorted(lines)]

    def fetched(self, container: str, name: str, port: int) -> str:
        """What `container` on the left host gets from name:port."""
        script = f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 {name} {port}"
        return self.hosts[0].engine.docker("exec", container, "sh", "-c", script, check=False)


@pytest.fixture(scope="package")
def fleet_parts(lab_hosts: Sequence[LabHost]) -> Iterator[Fleet]:
    left, right = lab_hosts
    streams = free_port()
    with start_portal(env={"PIERHEAD_STREAMS": f"127.0.0.1:{streams}"}) as portal:
        for host in lab_hosts:
            host.reach_loopback(portal.port, streams)
        options = [
            {"namespace": host.namespace, "labels": {"side": side, "io.pierhead.address": host.address}}
            for host, side in ((left, "left"), (right, "right"))
        ]
        with (
            start_agent(left.engine, portal, **options[0]) as one,
            start_agent(right.engine, portal, **options[1]) as two,
        ):
            yield Fleet(portal, lab_hosts, (one, two), portal.token("admin", team=TEAM))


@pytest.fixture
def fleet(fleet_parts: Fleet, two_hosts: Sequence[LabHost]) -> Fleet:
    """The fleet, with nothing on it."""
    wait_until(lambda: _has_image(fleet_parts), seconds=20, what="the image on both hosts, as the portal sees it")
    return fleet_parts


def _has_image(fleet: Fleet) -> bool:
    tags = [fleet.ask("GET", f"hosts/{agent.host_id}/images")["items"] for agent in fleet.agents]
    return all(any(BUSYBOX in image["tags"] for image in images) for images in tags)
