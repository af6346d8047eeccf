"""Machines that run for real, and what goes wrong on their way to the portal."""

import base64
import gzip
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from engine_agent.protocol import enrolment_bytes, public_key_of, sign
from engine_agent.protocol.facts import HostFacts
from tests.lab.processes import wait_until
from tests.lab.registry import Registry
from tests.standins.arm.machines import Machine

from .booting import BATCH_ENDS, Cloud, start_cloud
from .test_solutions_whole import fetched, fill

pytestmark = [pytest.mark.engine, pytest.mark.registry, pytest.mark.long, pytest.mark.timeout(400)]

TOKEN = re.compile(r"phe_[\w-]+")
KEY = b"k" * 32


@pytest.fixture(scope="module")
def cloud(registry: Registry) -> Iterator[Cloud]:
    fill(registry)
    with start_cloud(registry) as running:
        yield running


@pytest.fixture(autouse=True)
def _own_machines(cloud: Cloud) -> None:
    """Each test gets the plain maker, whatever the one before had."""
    cloud.arm.world.maker = cloud.fleet


def gone(cloud: Cloud, batch: str) -> None:
    """Clean up, and see that nothing is left in Azure."""
    cloud.ask("DELETE", f"azure/machines/{batch}")
    cloud.wait_batch(batch, "deleted")
    assert cloud.arm.world.groups == {}
    assert cloud.arm.world.machines == {}


def test_a_token_used_elsewhere_first_makes_no_host_of_the_machine(cloud: Cloud) -> None:
    """Somebody reads the token on the way and is faster: the machine is refused, and the failure says so."""

    def maker(name: str, resource: Mapping[str, Any]) -> Machine:
        machine = cloud.fleet(name, resource)
        proper = machine.set_up

        def robbed(protected: Mapping[str, Any]) -> None:
            spend(cloud, gzip.decompress(base64.b64decode(protected["script"])).decode())
            proper(protected)

        machine.set_up = robbed  # type: ignore[method-assign]
        return machine

    cloud.arm.world.maker = maker
    batch = cloud.batch({"name": "robbed"})
    ended = cloud.wait_batch(batch, *BATCH_ENDS)
    assert ended["state"] == "failed"
    assert "used already" in ended["error"]
    gone(cloud, batch)
    [thief] = [one for one in cloud.ask("GET", "hosts")["items"] if one["name"] == "thief"] or [{"state": "revoked"}]
    assert thief["state"] == "revoked"


def spend(cloud: Cloud, script: str) -> None:
    """Enrol with the token of a script, from somewhere else."""
    found = TOKEN.search(script)
    assert found is not None
    public = public_key_of(KEY)
    facts = HostFacts(hostname="thief", agent_version="0.1.0", os="linux", architecture="amd64")
    body = {
        "token": found[0],
        "public_key": public.hex(),
        "signature": sign(KEY, enrolment_bytes(found[0], public)).hex(),
        "name": "thief",
        "facts": msgspec.to_builtins(facts),
    }
    status, answer = cloud.portal.api("POST", "agent/enrol", None, body)
    assert status in {200, 201}, answer


def test_a_machine_that_cannot_reach_the_portal_is_named_with_what_it_said(cloud: Cloud) -> None:
    ports = cloud.fleet.ports
    cloud.fleet.ports = ()
    try:
        batch = cloud.batch({"name": "alone"})
        ended = cloud.wait_batch(batch, *BATCH_ENDS)
    finally:
        cloud.fleet.ports = ports
    assert ended["state"] == "failed"
    assert "has not enrolled" in ended["error"]
    gone(cloud, batch)


def test_deleting_while_machines_start_leaves_nothing(cloud: Cloud) -> None:
    batch = cloud.batch({"name": "brief", "count": 2})
    wait_until(lambda: len(cloud.arm.world.machines) == 2, seconds=60, what="two machines under way")
    gone(cloud, batch)
    assert all(not machine.folder.exists() for machine in cloud.fleet.machines)


def test_a_portal_killed_at_every_step_goes_on_where_it_was(cloud: Cloud) -> None:
    """And the machine is itself again after a stop and a start."""
    solution = cloud.solution({"name": "stead", "solution": "web-host"})
    again(cloud)
    cloud.deploy_solution(solution)
    again(cloud)
    for state in ("enrolling", "ready"):
        seen = cloud.wait_solution(solution, "machines", "application", "ready", "failed")
        cloud.wait_batch(seen["machines"], state, "ready", "failed")
        again(cloud)
    seen = cloud.wait_solution(solution, "ready", "failed", seconds=200)
    assert seen["state"] == "ready", seen["error"]
    puts = [path for method, path, _body in cloud.arm.log.entries if method == "PUT" and "/deployments/" in path]
    assert len({path for path in puts if "stead" in path}) == len([path for path in puts if "stead" in path]) == 1
    [address] = seen["addresses"]
    assert "from nginx" in fetched(address["url"])
    power(cloud, seen["machines"], "stead-web-1", seen["hosts"][0], address["url"])
    cloud.ask("DELETE", f"azure/solutions/{solution}")
    cloud.wait_solution(solution, "deleted")
    assert cloud.arm.world.groups == {}


def again(cloud: Cloud) -> None:
    """Kill every process of the portal, and start it on its data."""
    cloud.portal.crash()
    cloud.portal.start()


def power(cloud: Cloud, batch: str, name: str, host: str, url: str) -> None:
    """Stop and start a machine as Azure's own portal would: its agent and its containers come back by themselves."""
    [key] = [one for one in cloud.arm.world.machines if one.endswith(f"/{name}")]
    with cloud.arm.world.lock:
        cloud.arm.world.act(key, "deallocate")
    wait_until(lambda: cloud.arm.world.power[key] == "deallocated", seconds=60, what="a stopped machine")
    assert fetched(url) == ""
    cloud.portal.wait_for(f"hosts/{host}", cloud.token, lambda one: one["state"] != "online", seconds=90)
    with cloud.arm.world.lock:
        cloud.arm.world.act(key, "start")
    cloud.portal.wait_for(f"hosts/{host}", cloud.token, lambda one: one["state"] == "online", seconds=90)
    wait_until(lambda: "from nginx" in fetched(url), seconds=60, what="the web address again")
