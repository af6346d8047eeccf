"""Questions: answered, refused in words, and never waited for too long."""

import pytest

from engine_agent.engine import Engine
from engine_agent.protocol.bodies import ContainerInspect, ContainerLogs, ImageInspect, QueryBody
from engine_agent.protocol.messages import Answer, Query
from engine_agent.work.queries import MAX_LOG, answered
from tests.sim.engine import SimEngine
from tests.sim.world import Behaviour


async def ask(sim: SimEngine, body: QueryBody, *, timeout: float = 10.0) -> Answer:
    return await answered(Engine(sim.address), Query("q", body, timeout))


@pytest.fixture
def sim(sim_engine: SimEngine) -> SimEngine:
    """An engine with a container that has written something."""
    sim_engine.world.add_image("web:1", Behaviour(log=b"".join(b"line %05d\n" % n for n in range(30_000))))
    sim_engine.world.start(sim_engine.world.create("web", {"Image": "web:1", "Env": ["A=b"]}))
    return sim_engine


async def test_the_last_lines(sim: SimEngine) -> None:
    answer = await ask(sim, ContainerLogs("web", tail=2))
    assert answer == Answer("q", {"text": "line 29998\nline 29999\n", "truncated": False})


async def test_a_log_is_bounded_by_bytes(sim: SimEngine) -> None:
    answer = await ask(sim, ContainerLogs("web", tail=30_000))
    assert len(answer.result["text"]) <= MAX_LOG


@pytest.mark.parametrize("tail", [-5, 0])
async def test_no_lines_wanted(sim: SimEngine, tail: int) -> None:
    assert (await ask(sim, ContainerLogs("web", tail=tail))).error == ""


async def test_the_engines_own_objects(sim: SimEngine) -> None:
    container = await ask(sim, ContainerInspect("web"))
    assert container.result["Config"]["Env"] == ["A=b"]
    image = await ask(sim, ImageInspect("web:1"))
    assert image.result["RepoTags"] == ["web:1"]


@pytest.mark.parametrize("body", [ContainerLogs("none"), ContainerInspect("none"), ImageInspect("none:1")])
async def test_what_is_not_there(sim: SimEngine, body: QueryBody) -> None:
    answer = await ask(sim, body)
    assert answer.code in {"not-found", "image-not-found"}
    assert answer.error
    assert answer.result == {}


async def test_an_engine_that_takes_too_long(sim: SimEngine) -> None:
    held = sim.hold("GET", "/containers/web/json")
    answer = await ask(sim, ContainerInspect("web"), timeout=0.1)
    assert answer.code == "timeout"
    held.set()


async def test_an_engine_that_is_away(sim: SimEngine) -> None:
    await sim.stop()
    assert (await ask(sim, ContainerInspect("web"))).code == "engine-gone"
