"""An agent as a process of its own beside a real engine, and a small portal in the test."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine_agent.protocol import public_key_of
from engine_agent.protocol.messages import Snapshot
from engine_agent.state import Enrolled, StateDir
from tests.lab.engine import Engine
from tests.sim.portal import FakePortal

ROOT = Path(__file__).resolve().parents[3]


class RealAgent:
    """`engine-agent run`, to be killed and started again."""

    def __init__(self, portal: FakePortal, engine: Engine, folder: Path) -> None:
        self.portal = portal
        self.state = StateDir(folder)
        self.state.prepare()
        portal.keys[public_key_of(self.state.key())] = "host-1"
        self.state.save_enrolled(Enrolled(portal.origin, "host-1", "alpha", "crew", engine.host))
        self.process: asyncio.subprocess.Process | None = None
        self._log = folder / "agent.log"

    async def start(self) -> None:
        """Run it; returns when it has told its state."""
        heard = len(self.portal.heard)
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "engine_agent", "run", "--state-dir", str(self.state.path), cwd=ROOT, stderr=log
            )
        await self.portal.hear(Snapshot, after=heard, timeout=60)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def kill(self) -> None:
        """End it as a crash would."""
        if self.process is not None:
            self.process.kill()
            await self.process.wait()
            self.process = None

    async def stop(self) -> None:
        """End it as a service manager does."""
        if self.process is not None:
            self.process.terminate()
            await self.process.wait()
            self.process = None
        assert "Traceback" not in self._log.read_text()


@pytest.fixture
async def agent(engine_with_busybox: Engine, fake_portal: FakePortal, tmp_path: Path) -> AsyncIterator[RealAgent]:
    """An agent of the private engine, running."""
    fake_portal.heartbeat = 5.0
    agent = RealAgent(fake_portal, engine_with_busybox, tmp_path / "state")
    await agent.start()
    yield agent
    await agent.stop()
