"""A frame of 64 MB: both ends refuse it by its head, and do not grow."""

import asyncio
import contextlib
import sys

import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from engine_agent.protocol import SUBPROTOCOL, public_key_of
from engine_agent.protocol.codec import MAX_MESSAGE
from engine_agent.state import Enrolled, StateDir
from tests.agent.real.conftest import ROOT
from tests.lab.portal import Portal, start_portal
from tests.sim.engine import SimEngine
from tests.sim.portal import FakePortal

HUGE = 64 * 1024 * 1024
GROWTH = 32 * 1024 * 1024


async def closed_by(portal: Portal, frame: bytes) -> int | None:
    """The code with which the portal closes an agent's connection that sends this frame; None when it is cut."""
    url = portal.url.replace("http", "ws", 1) + "/ws/agent/"
    protocols = [Subprotocol(SUBPROTOCOL)]
    try:
        async with connect(url, subprotocols=protocols, compression=None, max_size=None, proxy=None) as line:
            await line.recv()
            await line.send(frame)
            while True:
                await line.recv()
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else None


@pytest.mark.redis
@pytest.mark.timeout(180)
async def test_the_portal() -> None:
    with start_portal() as portal:
        node = portal.process("node")
        assert await closed_by(portal, b"\xc1" * (MAX_MESSAGE - 100)) == 4400
        before = node.memory_info().rss
        for _ in range(3):
            assert await closed_by(portal, b"x" * HUGE) in {1009, None}
        assert node.memory_info().rss - before < GROWTH
        assert portal.healthy()


async def test_the_agent(sim_engine: SimEngine, fake_portal: FakePortal, state: StateDir) -> None:
    fake_portal.keys[public_key_of(state.key())] = "host-1"
    state.save_enrolled(Enrolled(fake_portal.origin, "host-1", "alpha", "crew", sim_engine.address))
    words = [sys.executable, "-m", "engine_agent", "run", "--state-dir", str(state.path)]
    process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL)
    try:
        await fake_portal.connections(1, timeout=60)
        agent = psutil.Process(process.pid)
        before = agent.memory_info().rss
        for number in range(2, 4):
            with contextlib.suppress(ConnectionClosed):
                await fake_portal.send_raw(b"x" * HUGE)
            await fake_portal.connections(number, timeout=60)
        assert agent.memory_info().rss - before < GROWTH
        assert process.returncode is None
    finally:
        process.terminate()
        await process.wait()
