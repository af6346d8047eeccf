"""One application over two real hosts: placed, found by address, rolled out together and put back together."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lab.agent import AgentProcess, start_agent
from tests.lab.hosts import LabHost
from tests.lab.images import BUSYBOX
from tests.lab.portal import Portal, start_portal
from tests.lab.processes import wait_until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

TEAM = "Harbour"
ENDS = {"succeeded", "failed", "rolled_back", "cancelled"}
SERVE = "mkdir -p /www && echo {text} > /www/index.html && exec httpd -f -p 80 -h /www"


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


@pytest.fixture(scope="module")
def fleet_parts(lab_hosts: Sequence[LabHost]) -> Iterator[Fleet]:
    left, right = lab_hosts
    with start_portal() as portal:
        for host in lab_hosts:
            host.reach_loopback(portal.port)
        options = [
            {"namespace": host.namespace, "labels": {"side": side, "io.pierhead.address": host.address}}
            for host, side in ((left, "left"), (right, "right"))
        ]
        with (
            start_agent(left.engine, portal, **options[0]) as one,
            start_agent(right.engine, portal, **options[1]) as two,
        ):
            yield Fleet(portal, lab_hosts, (one, two), portal.token("deployer", team=TEAM))


@pytest.fixture
def fleet(fleet_parts: Fleet, two_hosts: Sequence[LabHost]) -> Fleet:
    """The fleet, with nothing on it."""
    wait_until(lambda: _has_image(fleet_parts), seconds=20, what="the image on both hosts, as the portal sees it")
    return fleet_parts


def _has_image(fleet: Fleet) -> bool:
    tags = [fleet.ask("GET", f"hosts/{agent.host_id}/images")["items"] for agent in fleet.agents]
    return all(any(BUSYBOX in image["tags"] for image in images) for images in tags)


def on(side: str, text: str, **more: Any) -> dict[str, Any]:
    """A service that serves `text` on one side."""
    deploy = {"placement": {"constraints": [f"node.labels.side == {side}"]}}
    command = ["/bin/sh", "-c", SERVE.format(text=text)]
    return {"image": BUSYBOX, "command": command, "stop_grace_period": "0s", "deploy": deploy, **more}


def three(text: str, **api: Any) -> dict[str, Any]:
    """web on the left needs api on the right, which needs db beside it."""
    return {
        "web": on("left", f"web-{text}", depends_on=["api"]),
        "api": on("right", f"api-{text}", ports=["18095:80"], depends_on=["db"], **api),
        "db": on("right", "db"),
    }


SICK = {"healthcheck": {"test": ["CMD", "/bin/false"], "interval": "1s", "timeout": "1s", "retries": 2}}


def test_three_services_over_two_hosts_and_back_together(fleet: Fleet) -> None:
    application = fleet.application("trio", three("one"))
    plan = fleet.ask("POST", f"applications/{application}/plan")
    [way] = plan["meetings"]
    assert (way["service"], way["other"], way["address"]) == ("web", "api", fleet.hosts[1].address)
    assert len(plan["batches"]) == 2, "web waits for api on the other host"
    end = fleet.deploy(application)
    assert end["state"] == "succeeded", end["error"]
    assert fleet.names() == ["trio-web-1 running", "trio-api-1 running", "trio-db-1 running"]
    assert "api-one" in fleet.fetched("trio-web-1", "api", 18095), "found by its name, at the other host's address"
    environment = fleet.hosts[0].engine.docker("exec", "trio-web-1", "env")
    assert f"API_HOST={fleet.hosts[1].address}" in environment
    assert "API_PORT=18095" in environment

    before = [host.engine.docker("ps", "-q", "--no-trunc") for host in fleet.hosts]
    assert fleet.deploy(application)["state"] == "succeeded"
    assert [host.engine.docker("ps", "-q", "--no-trunc") for host in fleet.hosts] == before, "nothing was touched"

    services = three("two")
    services["web"] = on("left", "web-two", depends_on=["api"], **SICK)
    fleet.ask("PATCH", f"applications/{application}", {"compose": json.dumps({"services": services})})
    end = fleet.deploy(application)
    assert (end["state"], [host["state"] for host in end["hosts"]]) == ("rolled_back", ["rolled_back"] * 2)
    assert "healthcheck" in end["error"]
    assert [host.engine.docker("ps", "-q", "--no-trunc") for host in fleet.hosts] == before, "both are as they were"
    assert "api-one" in fleet.fetched("trio-web-1", "api", 18095)
    fleet.ask("DELETE", f"applications/{application}")
    wait_until(lambda: fleet.names() == [], seconds=60, what="nothing left")


def test_a_rollout_goes_on_after_the_portal_and_an_agent_were_killed(fleet: Fleet) -> None:
    slow = {"test": ["CMD", "/bin/test", "-e", "/www"], "interval": "1s", "start_period": "1s"}
    application = fleet.application("steady", three("one", healthcheck=slow))
    started = fleet.ask("POST", f"applications/{application}/deployments", {})
    wait_until(lambda: "steady-api-1 running" in fleet.names(), seconds=60, what="the first batch under way")
    fleet.portal.crash()
    fleet.agents[1].kill()
    fleet.portal.start()
    fleet.agents[1].start()
    end = fleet.ended(str(started["id"]))
    assert end["state"] == "succeeded", end["error"]
    assert fleet.names() == ["steady-web-1 running", "steady-api-1 running", "steady-db-1 running"]
