"""One application of Windows and Linux services, deployed through the portal.

The Linux engine is real, the Windows engine simulated; beside each is a real agent.
"""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lab.agent import AgentProcess, start_agent
from tests.lab.engine import Engine
from tests.lab.images import WEB_CHANGES
from tests.lab.oci import Platform, publish
from tests.lab.portal import Portal
from tests.lab.ports import free_port
from tests.lab.registry import Registry
from tests.windows.engine import SimulatedWindows

TEAM = "Harbour"
ENDS = {"succeeded", "failed", "rolled_back", "cancelled"}
pytestmark = [pytest.mark.engine, pytest.mark.registry, pytest.mark.timeout(300)]


@dataclass
class Fleet:
    """A portal with a Linux and a Windows host, and what their images are called."""

    portal: Portal
    linux: AgentProcess
    windows: AgentProcess
    web: str
    site: str

    def __post_init__(self) -> None:
        self.token = self.portal.token("admin", team=TEAM)  # folders of hosts are not for deployers

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return self.portal.api(method, path, self.token, body)

    def application(self, name: str, services: dict[str, Any]) -> str:
        compose = json.dumps({"services": services})
        body = {"team": TEAM.lower(), "name": name, "compose": compose, "targets": {"any": True}}
        status, answer = self.ask("POST", "applications", body)
        assert status == 201, answer
        return str(answer["id"])

    def deployed(self, application: str) -> dict[str, Any]:
        """Deploy; the deployment once it has ended."""
        status, answer = self.ask("POST", f"applications/{application}/deployments", {})
        assert status == 202, answer
        path = f"deployments/{answer['id']}"
        return dict(self.portal.wait_for(path, self.token, lambda body: body["state"] in ENDS, seconds=150))

    def containers(self, agent: AgentProcess) -> dict[str, str]:
        """Name -> state, as the portal shows them."""
        _, body = self.ask("GET", f"hosts/{agent.host_id}/containers")
        return {one["name"]: one["state"] for one in body["items"]}


@pytest.fixture(scope="module")
def fleet(lab_engine: Engine, registry: Registry, real_portal: Portal) -> Iterator[Fleet]:
    page = {"www/index.html": b"from linux"}
    lab_engine.image_from_busybox("mixed-web:1", files=page, changes=WEB_CHANGES)
    web = registry.push(lab_engine, "mixed-web:1", "mixed/web:1")
    lab_engine.docker("rmi", "mixed-web:1")
    builds = [Platform("windows", os_version=f"10.0.{build}.1") for build in (17763, 20348)]
    publish(registry, "mixed/site:1", builds)
    with (
        SimulatedWindows().started() as windows,
        start_agent(lab_engine, real_portal, team=TEAM) as on_linux,
        start_agent(windows, real_portal, team=TEAM) as on_windows,
    ):
        yield Fleet(real_portal, on_linux, on_windows, web, f"{registry.netloc}/mixed/site:1")
        lab_engine.tidy()


def fetch(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        return str(answer.read().decode())


def test_the_hosts_are_what_their_engines_say(fleet: Fleet) -> None:
    seen = fleet.windows.seen()
    assert (seen["os"], seen["architecture"], seen["os_version"]) == ("windows", "amd64", "10.0.20348.2655")
    assert fleet.linux.seen()["os"] == "linux"


def test_a_mixed_application_runs_on_both(fleet: Fleet) -> None:
    ports = free_port(), free_port()
    services = {
        "web": {"image": fleet.web, "ports": [f"{ports[0]}:8080"]},
        "site": {"image": fleet.site, "ports": [f"{ports[1]}:80"], "volumes": ["C:\\data:C:\\inetpub\\wwwroot"]},
    }
    application = fleet.application("mixed", services)
    status, plan = fleet.ask("POST", f"applications/{application}/plan", {})
    assert status == 200, plan
    assert {host["host_id"]: [one["service"] for one in host["containers"]] for host in plan["hosts"]} == {
        fleet.linux.host_id: ["web"],
        fleet.windows.host_id: ["site"],
    }
    assert any("C:\\data must be on" in text for text in plan["warnings"])
    ended = fleet.deployed(application)
    assert ended["state"] == "succeeded", ended
    assert fetch(ports[0]) == "from linux"
    assert fetch(ports[1]).startswith("mixed-site-1 of ")
    assert fleet.containers(fleet.linux)["mixed-web-1"] == "running"
    assert fleet.containers(fleet.windows)["mixed-site-1"] == "running"

    again = fleet.ask("POST", f"applications/{application}/plan", {})[1]
    assert {one["action"] for host in again["hosts"] for one in host["containers"]} == {"keep"}


def test_what_windows_cannot_do_is_refused_before_anything_is_sent(fleet: Fleet) -> None:
    services = {"web": {"image": fleet.web}, "site": {"image": fleet.site, "privileged": True, "pids_limit": 10}}
    application = fleet.application("refused", services)
    status, body = fleet.ask("POST", f"applications/{application}/plan", {})
    assert status == 422
    found = {(one["service"], one["code"]) for one in body["refusals"]}
    assert ("site", "windows-option") in found
    assert "privileged mode is not supported for Windows containers" in json.dumps(body, ensure_ascii=False)
    assert "refused-web-1" not in fleet.containers(fleet.linux)


def test_a_start_that_windows_refuses_fails_with_its_words(fleet: Fleet) -> None:
    """A folder that is not there cannot be known before; the engine's word arrives, and nothing is left half done."""
    services = {"site": {"image": fleet.site, "volumes": ["C:\\nowhere:C:\\data"]}}
    ended = fleet.deployed(fleet.application("nowhere", services))
    assert ended["state"] in {"failed", "rolled_back"}, ended
    assert "bind mount source path does not exist: c:\\nowhere" in json.dumps(ended).replace("\\\\", "\\").lower()
    assert "nowhere-site-1" not in fleet.containers(fleet.windows)


def test_removing_it_removes_it_from_both(fleet: Fleet) -> None:
    [mine] = [one for one in fleet.ask("GET", "applications")[1]["items"] if one["name"] == "mixed"]
    assert fleet.ask("DELETE", f"applications/{mine['id']}")[0] in {200, 202, 204}

    def gone(body: dict[str, Any]) -> bool:
        return not any(one["name"].startswith("mixed-") for one in body["items"])

    for agent in (fleet.linux, fleet.windows):
        fleet.portal.wait_for(f"hosts/{agent.host_id}/containers", fleet.token, gone, seconds=60)
