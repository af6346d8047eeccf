"""A simulated engine, a small portal and an agent between them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import pytest

from engine_agent.agent import Agent
from engine_agent.policy import PolicyFile
from engine_agent.protocol import public_key_of
from engine_agent.protocol.messages import Snapshot
from engine_agent.state import Enrolled, StateDir
from tests.sim.engine import SimEngine
from tests.sim.portal import FakePortal


class StartAgent(Protocol):
    """Run an agent for an engine address; the same state folder every time."""

    def __call__(
        self, address: str, *, ready: bool = True, policy: PolicyFile | None = None
    ) -> AbstractAsyncContextManager[Agent]: ...


@pytest.fixture
async def sim_engine(tmp_path: Path) -> AsyncIterator[SimEngine]:
    """A simulated engine, empty."""
    async with SimEngine(tmp_path / "engine.sock") as engine:
        yield engine


@pytest.fixture
async def fake_portal() -> AsyncIterator[FakePortal]:
    """A small portal without hosts."""
    async with FakePortal(heartbeat=1.0) as portal:
        yield portal


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    """An empty state folder."""
    state = StateDir(tmp_path / "state")
    state.prepare()
    return state


@pytest.fixture
def start_agent(fake_portal: FakePortal, state: StateDir) -> StartAgent:
    """Start an agent that the portal knows; it ends with the block as a stopped service does."""

    no_policy = PolicyFile(state.path / "no-policy.toml")

    @contextlib.asynccontextmanager
    async def start(address: str, *, ready: bool = True, policy: PolicyFile | None = None) -> AsyncIterator[Agent]:
        key = state.key()
        fake_portal.keys[public_key_of(key)] = "host-1"
        agent = Agent(
            state, Enrolled(fake_portal.origin, "host-1", "alpha", "crew", address), key, policy=policy or no_policy
        )
        stop = asyncio.Event()
        before, heard = len(fake_portal.hellos), len(fake_portal.heard)
        task = asyncio.create_task(agent.run(stop))
        try:
            if ready:
                await fake_portal.connections(before + 1)
                await fake_portal.hear(Snapshot, after=heard)
            yield agent
        finally:
            stop.set()
            await task

    return start
