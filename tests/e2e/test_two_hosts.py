"""One application over two real hosts: placed, found by address, rolled out together and put back together."""

import json
from typing import Any

import pytest

from tests.lab.images import BUSYBOX
from tests.lab.processes import wait_until

from .fleet import Fleet

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

SERVE = "mkdir -p /www && echo {text} > /www/index.html && exec httpd -f -p 80 -h /www"


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


@pytest.mark.long
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
