"""Portal, agent and engine killed in the middle of a deploy: it ends once, truly, and nothing is left half done."""

import time
from typing import Any

import pytest

from tests.lab.processes import wait_until

from .conftest import Quay

pytestmark = [pytest.mark.engine, pytest.mark.registry, pytest.mark.timeout(300)]


def started_times(quay: Quay, name: str) -> int:
    """How often the engine was asked to create a container of this name, by its own event log."""
    until = str(int(time.time()) + 1)
    shown = ("events", "--since", "10m", "--until", until, "--filter", "event=create", "--filter", "type=container")
    lines = quay.engine.docker(*shown, "--format", "{{.Actor.Attributes.name}}").split()
    return lines.count(name)


def test_the_portal_is_killed(quay: Quay, slow_service: dict[str, Any]) -> None:
    deployment = quay.deploy(quay.application("portalless", slow_service))
    container = quay.wait_for_container("portalless-app-1")
    quay.portal.crash()
    time.sleep(1)
    quay.portal.start()
    end = quay.wait_for_end(deployment)
    assert (end["state"], end["error"]) == ("succeeded", "")
    assert quay.wait_for_container("portalless-app-1") == container
    assert started_times(quay, "portalless-app-1") == 1
    quay.agent.wait_state("online")


def test_the_portal_is_away_while_the_deploy_ends(quay: Quay, slow_service: dict[str, Any]) -> None:
    deployment = quay.deploy(quay.application("late", slow_service))
    quay.wait_for_container("late-app-1")
    quay.portal.crash()
    time.sleep(9)  # the agent finishes alone, and keeps the result
    quay.portal.start()
    assert quay.wait_for_end(deployment)["state"] == "succeeded"


def test_the_agent_is_killed(quay: Quay, slow_service: dict[str, Any]) -> None:
    deployment = quay.deploy(quay.application("agentless", slow_service))
    container = quay.wait_for_container("agentless-app-1")
    quay.agent.kill()
    assert quay.deployment(deployment)["state"] in {"queued", "running"}
    quay.agent.start()
    assert quay.wait_for_end(deployment)["state"] == "succeeded"
    assert quay.wait_for_container("agentless-app-1") == container
    assert started_times(quay, "agentless-app-1") == 1


def test_what_is_asked_of_a_host_that_is_away_is_carried_out_in_order_when_it_is_back(quay: Quay) -> None:
    application = quay.application("away", {"image": "lab:1", "command": ["/bin/sleep", "3600"], "init": True})
    assert quay.wait_for_end(quay.deploy(application))["state"] == "succeeded"
    container = quay.wait_for_container("away-app-1")
    quay.agent.kill()
    quay.agent.wait_state("offline")
    path = f"hosts/{quay.agent.host_id}/containers/{container}"
    asked = []
    for action in ("stop", "start", "restart"):
        status, command = quay.portal.api("POST", f"{path}/{action}", quay.token)
        assert (status, command["state"], command["in_line"]) == (202, "queued", True), command
        asked.append(command["id"])
    deployment = quay.deploy(application)
    assert quay.deployment(deployment)["state"] == "queued"
    _status, moved = quay.portal.api("PATCH", f"commands/{asked[2]}", quay.token, {"before": asked[0]})
    assert moved["state"] == "queued"
    quay.agent.start()
    assert quay.wait_for_end(deployment)["state"] == "succeeded"
    ends = [quay.portal.api("GET", f"commands/{one}", quay.token)[1] for one in asked]
    assert [one["state"] for one in ends] == ["succeeded"] * 3
    assert ends[2]["finished_at"] <= ends[0]["sent_at"] <= ends[0]["finished_at"] <= ends[1]["sent_at"]
    assert quay.wait_for_container("away-app-1") == container


def test_the_engine_is_killed_and_comes_back(quay: Quay, slow_service: dict[str, Any]) -> None:
    deployment = quay.deploy(quay.application("engineless", slow_service))
    quay.wait_for_container("engineless-app-1")
    quay.engine.halt(crash=True)
    quay.engine.start()
    assert quay.wait_for_end(deployment)["state"] == "succeeded"
    assert started_times(quay, "engineless-app-1") <= 1  # the engine's log of events starts anew with it


def test_the_engine_stays_away(quay: Quay, slow_service: dict[str, Any]) -> None:
    application = quay.application("adrift", slow_service)
    deployment = quay.deploy(application)
    quay.wait_for_container("adrift-app-1")
    quay.engine.halt(crash=True)
    end = quay.wait_for_end(deployment, seconds=150)
    assert end["state"] == "failed"
    assert "engine" in end["error"].lower()
    host = quay.agent.seen()
    assert "engine" in host["engine"]["error"].lower()
    quay.engine.start()
    wait_until(lambda: not quay.agent.seen()["engine"]["error"], seconds=40, what="the engine back in the portal")
    again = quay.deploy(application)
    assert quay.wait_for_end(again)["state"] == "succeeded"
