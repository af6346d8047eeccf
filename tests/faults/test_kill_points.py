"""kill -9 of each part at named points of a deploy: it succeeds once, and nothing is left beside it.

A point is a fact that can be seen from outside; the kill comes as soon as it is seen. A few run always, every part at
every point with --long.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.lab.agent import start_agent
from tests.lab.engine import Engine
from tests.lab.oci import publish
from tests.lab.portal import start_portal
from tests.lab.postgres import Postgres, start_postgres
from tests.lab.processes import wait_until
from tests.lab.registry import Registry

from .conftest import TEAM, Quay

pytestmark = [pytest.mark.engine, pytest.mark.registry, pytest.mark.timeout(400)]

BALLAST = 24 * 1024 * 1024


@dataclass
class Run:
    """One deployment under way. made: how many containers of the service the engine is to make in all."""

    quay: Quay
    name: str
    deployment: str
    made: int
    noted: dict[str, Any] = field(default_factory=dict)

    @property
    def container(self) -> str:
        return f"{self.name}-app-1"

    def seen(self, *filters: str) -> str:
        words = [word for one in filters for word in ("--filter", one)]
        return self.quay.engine.docker("ps", "-aq", "--no-trunc", *words).strip()

    def steps(self) -> dict[str, str]:
        """Key to state, as the portal tells them."""
        body = self.quay.deployment(self.deployment)
        found: dict[str, str] = {}
        for target in body["hosts"]:
            found |= {step["key"]: step["state"] for step in target["steps"]}
        return found

    def step(self, prefix: str, *states: str) -> bool:
        return any(key.startswith(prefix) and state in states for key, state in self.steps().items())


Point = Callable[[Run], bool]
POINTS: dict[str, Point] = {
    "asked": lambda run: True,
    "accepted": lambda run: run.quay.deployment(run.deployment)["state"] == "running",
    "pulling": lambda run: run.step("pull:", "running", "done"),
    "pulled": lambda run: run.step("pull:", "done"),
    "network": lambda run: f"{run.name}_default" in run.quay.engine.docker("network", "ls", "--format", "{{.Name}}"),
    "created": lambda run: bool(run.seen(f"name=^{run.container}$")),
    "running": lambda run: bool(run.seen(f"name=^{run.container}$", "status=running")),
    "settling": lambda run: run.step("settle:", "running"),
    "healthy": lambda run: bool(run.seen(f"name=^{run.container}$", "health=healthy")),
    "aside": lambda run: bool(run.seen(f"name=_{run.container}$")),
    "replaced": lambda run: (
        bool(run.seen(f"name=_{run.container}$")) and bool(run.seen(f"name=^{run.container}$", "status=running"))
    ),
    "ended": lambda run: run.quay.deployment(run.deployment)["state"] not in {"queued", "running"},
}


def kill_agent(quay: Quay) -> None:
    quay.agent.kill()
    time.sleep(0.5)
    quay.agent.start()


def kill_node(quay: Quay) -> None:
    quay.portal.kill("node")
    wait_until(quay.portal.healthy, seconds=60, what="the node back")


def kill_redis(quay: Quay) -> None:
    quay.portal.kill("redis")
    wait_until(quay.portal.healthy, seconds=60, what="Redis back")


def kill_portal(quay: Quay) -> None:
    quay.portal.crash()
    quay.portal.start()


def kill_engine(quay: Quay) -> None:
    quay.engine.halt(crash=True)
    quay.engine.start()


KILLS: dict[str, Callable[[Quay], None]] = {
    "agent": kill_agent,
    "node": kill_node,
    "redis": kill_redis,
    "portal": kill_portal,
    "engine": kill_engine,
}


def long(*case: str) -> Any:
    return pytest.param(*case, marks=pytest.mark.long)


ALWAYS = [("redis", "settling"), ("agent", "created"), ("node", "asked")]
# An engine that is killed takes its containers along, and this one has no restart policy: that is not ours to mend.
LEFT_OUT = [("engine", "ended")]
OTHERS = [case for case in itertools.product(KILLS, POINTS) if case not in [*ALWAYS, *LEFT_OUT]]
CASES = [*ALWAYS, *(long(*case) for case in OTHERS)]


def begin(quay: Quay, registry: Registry, name: str, point: str, service: dict[str, Any]) -> Run:
    """Start the deployment in which the point comes up: of an image that is pulled, or of a change."""
    wanted = dict(service)
    if point in {"pulling", "pulled"}:
        reference = f"faults/{name}:1"
        files = {"ballast": os.urandom(BALLAST)}
        publish(registry, reference, config={"Cmd": ["/bin/sleep", "3600"]}, files=files)
        wanted = {"image": f"{registry.netloc}/{reference}", "init": True}
    application = quay.application(name, wanted)
    if point not in {"aside", "replaced"}:
        return Run(quay, name, quay.deploy(application), made=1)
    assert quay.wait_for_end(quay.deploy(application))["state"] == "succeeded"
    changed = {**wanted, "environment": {"CHANGED": "yes"}}
    status, body = quay.portal.api("PATCH", f"applications/{application}", quay.token, {"service": changed})
    assert status == 200, body
    return Run(quay, name, quay.deploy(application), made=2)


def check(run: Run, *, engine_killed: bool = False) -> None:
    """It ended well, once, and nothing is left beside it."""
    end = run.quay.wait_for_end(run.deployment, seconds=120)
    assert (end["state"], end["error"]) == ("succeeded", "")
    quay = run.quay
    names = quay.engine.docker("ps", "-a", "--filter", f"name={run.name}-", "--format", "{{.Names}} {{.State}}")
    assert names.split("\n")[0] == f"{run.container} running"
    assert len(names.strip().split("\n")) == 1, names
    if not engine_killed:  # the engine's log of events starts anew with it
        until = str(int(time.time()) + 1)
        shown = ("events", "--since", "15m", "--until", until, "--filter", "event=create", "--filter", "type=container")
        made = quay.engine.docker(*shown, "--format", "{{.Actor.Attributes.name}}").split()
        assert made.count(run.container) == run.made
    assert all(state in {"done", "skipped"} for state in run.steps().values()), run.steps()


def carry_through(run: Run, point: str, kill: Callable[[Quay], None]) -> None:
    wait_until(lambda: POINTS[point](run), seconds=60, what=f"the point “{point}”", every=0.02)
    kill(run.quay)


@pytest.mark.parametrize(("part", "point"), CASES)
def test_a_part_is_killed(quay: Quay, registry: Registry, slow_service: dict[str, Any], part: str, point: str) -> None:
    run = begin(quay, registry, f"{part}-{point}", point, slow_service)
    carry_through(run, point, KILLS[part])
    check(run, engine_killed=part == "engine")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Postgres]:
    with start_postgres(keeps=True) as running:
        yield running


@pytest.fixture(scope="module")
def pg_parts(quay_engine: Engine, registry: Registry, cluster: Postgres) -> Iterator[Quay]:
    """The same on PostgreSQL, which can be killed apart."""
    with (
        start_portal(env={"DATABASE_URL": cluster.url}) as portal,
        start_agent(quay_engine, portal, team=TEAM) as agent,
    ):
        yield Quay(portal, agent, quay_engine, registry, portal.token("deployer", team=TEAM))


@pytest.fixture
def pg_quay(pg_parts: Quay) -> Iterator[Quay]:
    """Empty after each test: the engine remembers 256 events, and every healthcheck is three."""
    yield pg_parts
    pg_parts.agent.wait_state("online")
    pg_parts.engine.tidy()


@pytest.mark.postgres
@pytest.mark.parametrize("point", ["settling", *(long(point) for point in POINTS if point != "settling")])
def test_postgresql_is_killed(
    pg_quay: Quay, cluster: Postgres, registry: Registry, slow_service: dict[str, Any], point: str
) -> None:
    def kill(quay: Quay) -> None:
        cluster.halt(crash=True)
        time.sleep(1)
        cluster.start()
        wait_until(quay.portal.healthy, seconds=60, what="the portal healthy again")

    run = begin(pg_quay, registry, f"pg-{point}", point, slow_service)
    carry_through(run, point, kill)
    check(run)
