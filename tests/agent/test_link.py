"""The link to a portal that restarts, refuses, falls silent, talks nonsense: held, noticed, dialled again."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from engine_agent.protocol.bodies import ContainerAction, ContainerLogs
from engine_agent.protocol.messages import (
    CommandAccepted,
    CommandFinished,
    CommandProgress,
    Delta,
    Drain,
    Facts,
    Heartbeat,
    Hello,
    Refused,
    Snapshot,
    SnapshotRequest,
)
from engine_agent.state import StateDir, Status
from tests.agent.conftest import StartAgent
from tests.agent.wishes import container, deploy
from tests.sim.engine import SimEngine
from tests.sim.portal import FakePortal
from tests.sim.world import Behaviour


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0.01)


def told(state: StateDir) -> Status:
    """What the agent last said of itself."""
    status = state.status()
    assert status is not None
    return status


def tells_of(name: str, delta: Delta) -> bool:
    """Whether a delta tells of the container with this name."""
    return any(one.name == name for one in delta.containers)


async def test_facts_and_a_snapshot_come_first(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent
) -> None:
    sim_engine.world.add_image("web:1")
    sim_engine.world.create("web", {"Image": "web:1"})
    async with start_agent(sim_engine.address):
        snapshot = await fake_portal.hear(Snapshot)
        facts = await fake_portal.hear(Facts)
    assert [one.name for one in snapshot.containers] == ["web"]
    assert facts.facts.engine_version == "20.10.24-sim"


async def test_deltas_follow_without_a_gap(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent
) -> None:
    sim_engine.world.add_image("web:1")
    async with start_agent(sim_engine.address):
        for number in range(5):
            sim_engine.world.create(f"web-{number}", {"Image": "web:1"})
            name = f"web-{number}"
            await fake_portal.hear(Delta, partial(tells_of, name))
    first = await fake_portal.hear(Snapshot)
    numbers = [message.sequence for message in fake_portal.heard if isinstance(message, Delta)]
    assert numbers == list(range(first.sequence + 1, first.sequence + 1 + len(numbers)))


async def test_a_snapshot_on_request(sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent) -> None:
    async with start_agent(sim_engine.address):
        heard = len(fake_portal.heard)
        await fake_portal.send(SnapshotRequest())
        await fake_portal.hear(Snapshot, after=heard)


async def test_heartbeats_carry_the_sequence(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent
) -> None:
    async with start_agent(sim_engine.address):
        snapshot = await fake_portal.hear(Snapshot)
        beat = await fake_portal.hear(Heartbeat)
    assert beat.sequence == snapshot.sequence


async def test_a_command_and_a_query(sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent) -> None:
    sim_engine.world.add_image("web:1", Behaviour(log=b"hello\n"))
    sim_engine.world.create("web", {"Image": "web:1"})
    async with start_agent(sim_engine.address):
        await fake_portal.command("1", ContainerAction("web", "start"))
        end = await fake_portal.finished("1")
        answer = await fake_portal.ask("q", ContainerLogs("web"))
        missing = await fake_portal.ask("q2", ContainerLogs("none"))
    assert end.outcome == "succeeded"
    assert answer.result == {"text": "hello\n", "truncated": False}
    assert (missing.code, missing.result) == ("not-found", {})


async def test_a_cut_line_is_dialled_again_and_state_is_told_anew(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent
) -> None:
    async with start_agent(sim_engine.address):
        for round_ in range(3):
            heard = len(fake_portal.heard)
            fake_portal.drop()
            await fake_portal.connections(round_ + 2)
            await fake_portal.hear(Snapshot, after=heard)
    assert len({hello.boot for hello in fake_portal.hellos}) == 1


async def test_a_silent_portal_is_noticed(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent, state: StateDir
) -> None:
    async with start_agent(sim_engine.address):
        clock = asyncio.get_running_loop().time
        fake_portal.hearing.clear()
        begun = clock()
        await until(lambda: told(state).link != "connected")
        assert clock() - begun < 3 * fake_portal.heartbeat + 3.0
        assert "nothing came" in told(state).reason or told(state).link == "connecting"
        fake_portal.hearing.set()
        await fake_portal.connections(2)


async def test_a_portal_that_is_away_for_a_while(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent, state: StateDir
) -> None:
    async with start_agent(sim_engine.address):
        await fake_portal.shut()
        await until(lambda: told(state).link == "waiting")
        await fake_portal.open()
        await fake_portal.connections(2)
        await until(lambda: told(state).link == "connected")


@pytest.mark.parametrize("frame", [b"\xc1garbage", b"", "text", b"\x81\xa4type\xa6launch"])
async def test_a_malformed_frame_costs_one_connection_and_no_more(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent, frame: bytes | str
) -> None:
    async with start_agent(sim_engine.address):
        await fake_portal.send_raw(frame)
        await fake_portal.connections(2)


async def test_a_frame_over_the_limit_costs_one_connection_and_no_more(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent
) -> None:
    async with start_agent(sim_engine.address):
        await fake_portal.send_raw(b"\0" * (9 * 1024 * 1024))
        await fake_portal.connections(2)


async def test_a_drain_is_followed_by_a_return(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent
) -> None:
    async with start_agent(sim_engine.address):
        await fake_portal.send(Drain(0.2))
        await fake_portal.connections(2)


async def test_a_refused_agent_waits_and_says_why(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent, state: StateDir
) -> None:
    fake_portal.refuse = Refused("revoked", "This host was revoked")
    async with start_agent(sim_engine.address, ready=False):
        await until(lambda: (status := state.status()) and status.link == "refused")
        assert told(state).reason == "This host was revoked"
        await asyncio.sleep(0.5)
    assert len(fake_portal.hellos) == 1, "no busy loop"


async def test_a_refusal_with_a_time_is_tried_again_then(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent
) -> None:
    fake_portal.refuse = Refused("overloaded", "Busy", 0.1)
    async with start_agent(sim_engine.address, ready=False):
        await fake_portal.connections(1)
        fake_portal.refuse = None
        await fake_portal.hear(Snapshot)


async def test_an_unacknowledged_end_is_told_on_each_connection(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent
) -> None:
    sim_engine.world.add_image("web:1")
    sim_engine.world.create("web", {"Image": "web:1"})
    fake_portal.acknowledge = False
    async with start_agent(sim_engine.address):
        await fake_portal.command("1", ContainerAction("web", "start"))
        await fake_portal.finished("1")
        heard = len(fake_portal.heard)
        fake_portal.drop()
        await fake_portal.hear(CommandFinished, after=heard)
    heard = len(fake_portal.heard)
    fake_portal.acknowledge = True
    async with start_agent(sim_engine.address):
        await fake_portal.hear(CommandFinished, after=heard)
        await asyncio.sleep(0.1)
    heard = len(fake_portal.heard)
    async with start_agent(sim_engine.address):
        await asyncio.sleep(0.2)
    assert not any(isinstance(message, CommandFinished) for message in fake_portal.heard[heard:])


async def test_a_deployment_goes_on_while_the_portal_is_away_and_is_told_in_full(
    sim_engine: SimEngine, fake_portal: FakePortal, start_agent: StartAgent
) -> None:
    sim_engine.world.offer_image("web:1")
    held = sim_engine.hold("POST", "/containers/create")
    async with start_agent(sim_engine.address):
        await fake_portal.command("1", deploy(container()))
        await fake_portal.hear(CommandAccepted)
        await until(lambda: sim_engine.asked("POST /containers/create"))
        await fake_portal.shut()
        held.set()
        await until(lambda: any(one.running for one in sim_engine.world.containers.values()))
        await asyncio.sleep(0.5)
        heard = len(fake_portal.heard)
        await fake_portal.open()
        end = await fake_portal.finished("1")
    assert end.outcome == "succeeded"
    after = [message for message in fake_portal.heard[heard:] if isinstance(message, CommandProgress)]
    states = {step.key: step.state for message in after for step in message.steps}
    assert states["pull:web"] == "done"
    assert states["start:shop-web-1"] == "done"
    ends = [
        type(message) for message in fake_portal.heard[heard:] if isinstance(message, CommandProgress | CommandFinished)
    ]
    assert ends[-1] is CommandFinished, "its reports come before its end"


async def test_an_agent_without_an_engine_says_so(
    fake_portal: FakePortal, start_agent: StartAgent, sim_engine: SimEngine
) -> None:
    await sim_engine.stop()
    async with start_agent(sim_engine.address, ready=False):
        facts = await fake_portal.hear(Facts)
        assert "does not answer" in facts.facts.engine_error
        await fake_portal.hear(Hello)
        await sim_engine.start()
        await fake_portal.hear(Facts, lambda message: not message.facts.engine_error)
        await fake_portal.hear(Snapshot)
