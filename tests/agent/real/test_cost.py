"""What an agent costs: memory, idle work, and the time between an event and its delta."""

import asyncio
import time

import psutil
import pytest

from engine_agent.protocol.messages import Delta
from tests.agent.real.conftest import RealAgent
from tests.lab.engine import Engine
from tests.lab.images import BUSYBOX
from tests.sim.portal import FakePortal

pytestmark = pytest.mark.engine


async def test_memory_is_below_forty_megabytes(agent: RealAgent, fake_portal: FakePortal, engine: Engine) -> None:
    for number in range(5):
        await asyncio.to_thread(engine.docker, "create", "--name", f"idle-{number}", BUSYBOX, "sleep")
    await asyncio.sleep(1)
    assert psutil.Process(agent.pid).memory_info().rss < 40 * 1024 * 1024


async def test_it_does_next_to_nothing_while_nothing_happens(agent: RealAgent) -> None:
    process = psutil.Process(agent.pid)
    await asyncio.sleep(2)

    def spent() -> float:
        times = process.cpu_times()
        return times.user + times.system

    before, begun = spent(), time.monotonic()
    await asyncio.sleep(8)
    assert (spent() - before) / (time.monotonic() - begun) < 0.01


async def test_a_container_started_by_hand_is_told_at_once(
    agent: RealAgent, fake_portal: FakePortal, engine: Engine
) -> None:
    waits = []
    for number in range(5):
        name = f"hand-{number}"
        await asyncio.to_thread(engine.docker, "run", "-d", "--name", name, BUSYBOX, "sleep", "60")
        delta = await fake_portal.hear(
            Delta,
            lambda d, name=name: any(c.name == name and c.started for c in d.containers),  # type: ignore[misc]
        )
        started = next(one.started for one in delta.containers if one.name == name)
        assert started is not None
        waits.append(time.time() - started.timestamp())
    assert min(waits) < 1.0, "the docker client itself takes most of this; bench measures it alone"
