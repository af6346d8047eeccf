"""The whole portal of the lab: started as a user starts it, looked at from outside, broken and ended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.agent import start_agent
from tests.lab.engine import Engine
from tests.lab.folders import processes_of
from tests.lab.portal import Portal, start_portal
from tests.lab.processes import wait_until


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    with start_portal() as running:
        yield running


def test_it_says_where_it_is_and_how_to_sign_in_first(portal: Portal) -> None:
    assert f"Pierhead is at {portal.url}\n" in portal.output()
    assert portal.sign_in_link.startswith(f"{portal.url}/sign-in/link/")


def test_healthz_names_its_parts(portal: Portal) -> None:
    status, body = portal.api("GET", "/healthz")
    assert status == 200
    assert (body["status"], body["database"], body["redis"]) == ("ok", "ok", "ok")


def test_a_token_of_each_role_opens_the_api(portal: Portal) -> None:
    for role in ("viewer", "deployer", "admin"):
        status, body = portal.api("GET", "hosts", portal.token(role))
        assert status == 200, body
    assert portal.api("GET", "hosts")[0] == 401


def test_its_parts_are_found_and_measured(portal: Portal) -> None:
    memory = portal.memory_bytes()
    assert {"supervisor", "node", "worker", "redis"} <= memory.keys()
    assert sum(memory.values()) < 400_000_000


def test_a_killed_node_comes_back(portal: Portal) -> None:
    before = portal.process("node").pid
    portal.kill("node")
    wait_until(portal.healthy, seconds=30, what="healthy again")
    assert portal.process("node").pid != before


def test_a_crashed_portal_starts_again_with_its_data(portal: Portal) -> None:
    token = portal.token("admin")
    portal.crash()
    assert not processes_of(portal.folder)
    portal.start()
    assert portal.api("GET", "hosts", token)[0] == 200


def test_ctrl_c_ends_everything() -> None:
    with start_portal() as other:
        folder = other.folder
        other.halt()
        assert not processes_of(folder)
        assert other.data.is_dir()
    assert not folder.exists()


@pytest.mark.redis
def test_it_runs_on_postgresql(postgres: str) -> None:
    with start_portal(env={"DATABASE_URL": postgres}) as other:
        assert other.api("GET", "hosts", other.token("viewer"))[0] == 200
        assert not list(Path(other.data).glob("*.sqlite3"))


def test_an_agent_makes_an_engine_a_host(portal: Portal, engine: Engine) -> None:
    with start_agent(engine, portal, labels={"quay": "7"}) as agent:
        seen = agent.seen()
        assert (seen["state"], seen["os"], seen["labels"]) == ("online", "linux", {"quay": "7"})
        agent.kill()
        agent.wait_state("offline", seconds=20)
        agent.start()
        agent.wait_state("online")
