"""Actions on one container or image: done, already done, not doable, and never done twice."""

from datetime import UTC, datetime

import pytest

from engine_agent.protocol.bodies import ContainerAction, ImageRemove
from tests.agent.carrying import Papers, carry
from tests.sim.engine import SimEngine
from tests.sim.world import Container


@pytest.fixture
def container(sim_engine: SimEngine) -> Container:
    """A running container."""
    sim_engine.world.add_image("web:1")
    container = sim_engine.world.create("web", {"Image": "web:1"})
    sim_engine.world.start(container)
    return container


@pytest.mark.parametrize(
    ("action", "state"), [("stop", "exited"), ("kill", "exited"), ("restart", "running"), ("start", "running")]
)
async def test_what_becomes_of_a_running_container(
    sim_engine: SimEngine, container: Container, action: str, state: str
) -> None:
    assert (await carry(sim_engine, ContainerAction("web", action))).outcome == "succeeded"
    assert container.state == state


async def test_what_is_so_already_is_fine(sim_engine: SimEngine, container: Container) -> None:
    for action in ("stop", "stop", "start", "start"):
        assert (await carry(sim_engine, ContainerAction("web", action))).outcome == "succeeded"


async def test_a_running_container_is_removed_only_by_force(sim_engine: SimEngine, container: Container) -> None:
    outcome = await carry(sim_engine, ContainerAction("web", "remove"))
    assert (outcome.outcome, outcome.code) == ("failed", "conflict")
    assert "running container" in outcome.error
    assert (await carry(sim_engine, ContainerAction("web", "remove", force=True))).outcome == "succeeded"
    assert sim_engine.world.containers == {}


async def test_removing_what_is_gone_is_fine(sim_engine: SimEngine) -> None:
    assert (await carry(sim_engine, ContainerAction("none", "remove"))).outcome == "succeeded"


@pytest.mark.parametrize("action", ["start", "stop", "restart", "kill"])
async def test_a_container_that_is_gone_is_told(sim_engine: SimEngine, action: str) -> None:
    outcome = await carry(sim_engine, ContainerAction("none", action))
    assert (outcome.outcome, outcome.code) == ("failed", "not-found")


async def test_an_action_of_a_newer_portal(sim_engine: SimEngine, container: Container) -> None:
    outcome = await carry(sim_engine, ContainerAction("web", "teleport"))
    assert (outcome.outcome, outcome.code) == ("failed", "unknown-action")


async def test_an_engine_that_is_away(sim_engine: SimEngine) -> None:
    await sim_engine.stop()
    outcome = await carry(sim_engine, ContainerAction("web", "stop"))
    assert (outcome.outcome, outcome.code) == ("failed", "engine-gone")


# A second attempt, after the agent was killed in the middle


def second(started: float) -> Papers:
    papers = Papers()
    papers.attempt, papers.started = 1, started
    return papers


async def test_a_restart_that_was_done_is_not_done_again(sim_engine: SimEngine, container: Container) -> None:
    before = container.started
    outcome = await carry(sim_engine, ContainerAction("web", "restart"), second(1.0))
    assert outcome.outcome == "succeeded"
    assert container.started == before


async def test_a_restart_that_was_not_done_is_done(sim_engine: SimEngine, container: Container) -> None:
    before = container.started
    outcome = await carry(sim_engine, ContainerAction("web", "restart"), second(datetime.now(UTC).timestamp() + 60))
    assert outcome.outcome == "succeeded"
    assert container.started != before


async def test_a_signal_is_not_sent_twice(sim_engine: SimEngine, container: Container) -> None:
    outcome = await carry(sim_engine, ContainerAction("web", "kill", signal="HUP"), second(1.0))
    assert (outcome.outcome, outcome.code) == ("failed", "interrupted")
    assert container.running


async def test_a_kill_that_worked_is_a_success(sim_engine: SimEngine, container: Container) -> None:
    sim_engine.world.end(container, 137)
    assert (await carry(sim_engine, ContainerAction("web", "kill"), second(1.0))).outcome == "succeeded"


# Images


async def test_an_image_is_removed(sim_engine: SimEngine) -> None:
    image = sim_engine.world.add_image("web:1")
    outcome = await carry(sim_engine, ImageRemove("web:1"))
    assert outcome.result == {"removed": ["web:1", image.id]}
    assert sim_engine.world.images == {}


async def test_an_image_that_is_gone_is_fine(sim_engine: SimEngine) -> None:
    assert (await carry(sim_engine, ImageRemove("web:1"))).result == {"removed": []}


async def test_an_image_in_use_is_told(sim_engine: SimEngine) -> None:
    words = 'conflict: unable to remove repository reference "web:1" (must force) - container 1 is using it'
    sim_engine.fail("DELETE", "/images/.*", 409, words)
    outcome = await carry(sim_engine, ImageRemove("web:1"))
    assert (outcome.outcome, outcome.code) == ("failed", "conflict")
    assert words in outcome.error
