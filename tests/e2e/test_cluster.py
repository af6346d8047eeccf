"""Two real hosts as one cluster: made from the API, an application deployed to it, scaled, and dissolved."""

import json
from typing import Any

import pytest

from tests.lab.hosts import LabHost
from tests.lab.images import BUSYBOX
from tests.lab.processes import wait_until

from .fleet import TEAM, Fleet

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

# A registry where nobody listens: a node says at once that it cannot pull, and takes its own copy.
IMAGE = "127.0.0.1:9/busybox:lab"
SERVE = "mkdir -p /www && echo {text} > /www/index.html && exec httpd -f -p 80 -h /www"


def web(text: str, **more: Any) -> dict[str, Any]:
    """A service on every node, with ports in host mode and names instead of virtual addresses."""
    return {
        "image": IMAGE,
        "command": ["/bin/sh", "-c", SERVE.format(text=text)],
        "stop_grace_period": "1s",
        "ports": ["18097:80"],
        "deploy": {
            "mode": "global",
            "endpoint_mode": "dnsrr",
            "update_config": {"failure_action": "rollback", "monitor": "2s"},
            "restart_policy": {"condition": "any", "delay": "1s"},
        },
        **more,
    }


def fetched(fleet: Fleet, host: LabHost) -> str:
    """What the published port of a host serves, asked from a container on the first one."""
    script = f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 {host.address} 18097"
    return fleet.hosts[0].engine.docker("run", "--rm", BUSYBOX, "sh", "-c", script, check=False)


def test_a_stack_on_a_two_node_swarm(fleet: Fleet) -> None:
    for host in fleet.hosts:
        host.engine.docker("tag", BUSYBOX, IMAGE)
    body = {"team": TEAM.lower(), "name": "crew", "hosts": [agent.host_id for agent in fleet.agents]}
    cluster = str(fleet.ask("POST", "clusters", body)["id"])
    path = f"clusters/{cluster}"
    seen = fleet.portal.wait_for(path, fleet.token, lambda one: _ready(one) == 2, seconds=60)
    assert {node["swarm"]["role"] for node in seen["members"]} == {"manager", "worker"}
    assert "SWMTKN" not in json.dumps(seen)

    services = {"web": web("one"), "db": {"image": IMAGE, "command": ["/bin/sleep", "1000"], "stop_grace_period": "0s"}}
    text = json.dumps({"services": services})
    new = {"team": TEAM.lower(), "name": "stack", "compose": text, "targets": {"cluster": cluster}}
    application = str(fleet.ask("POST", "applications", new)["id"])
    end = fleet.deploy(application)
    assert end["state"] == "succeeded", end["error"]
    for host in fleet.hosts:
        wait_until(lambda host=host: "one" in fetched(fleet, host), seconds=20, what="an answer of each node")  # type: ignore[misc]
    seen = fleet.ask("GET", path)
    assert {service["name"]: service["running"] for service in seen["services"]} == {"stack_web": 2, "stack_db": 1}
    web_service = next(service for service in seen["services"] if service["name"] == "stack_web")
    assert sorted(task["node_name"] for task in web_service["tasks"]) == sorted(_names(fleet))
    status = fleet.portal.wait_for(f"applications/{application}", fleet.token, lambda one: one["state"] == "running")
    assert {service["name"]: service["running"] for service in status["services"]} == {"web": 2, "db": 1}

    assert fleet.ask("POST", f"applications/{application}/plan")["changes"] == 0
    services["web"] = web("bad", command=["/bin/sh", "-c", "exit 3"])
    fleet.ask("PATCH", f"applications/{application}", {"compose": json.dumps({"services": services})})
    end = fleet.deploy(application)
    assert (end["state"], "put the previous one back" in end["error"]) == ("failed", True), end["error"]
    wait_until(lambda: "one" in fetched(fleet, fleet.hosts[1]), seconds=30, what="the previous one on each node")

    fleet.ask("DELETE", f"applications/{application}")
    wait_until(lambda: not fleet.ask("GET", "applications")["items"], seconds=60, what="no application left")
    fleet.ask("DELETE", path)
    wait_until(lambda: not fleet.ask("GET", "clusters")["items"], seconds=60, what="no cluster left")
    assert all(
        "inactive" in host.engine.docker("info", "--format", "{{.Swarm.LocalNodeState}}") for host in fleet.hosts
    )


def _ready(seen: dict[str, Any]) -> int:
    return sum(node["state"] == "active" and node["swarm"].get("state") == "ready" for node in seen["members"])


def _names(fleet: Fleet) -> list[str]:
    return [str(agent.seen()["name"]) for agent in fleet.agents]
