"""A Windows under wine with a simulated engine on its named pipe; the portal is a small one on this machine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from tests.lab.portal import Portal, start_portal
from tests.lab.processes import wait_until
from tests.sim.portal import FakePortal
from tests.windows.portable import ROOT
from tests.windows.wine import Ended, Running, Wine

PIPE = r"\\.\pipe\docker_engine"
SIM = ("-m", "tests.sim.windows_process", "--pipe", PIPE, "--offer", "iis:1", "--slow", "iis:slow")


@pytest.fixture(scope="package")
def wine() -> Iterator[Wine]:
    """One Windows for every test here."""
    with Wine().started() as machine:
        yield machine


@pytest.fixture(scope="package")
def real_portal() -> Iterator[Portal]:
    """One portal, without a host of its own, for the tests here that need all of it."""
    with start_portal() as portal:
        yield portal


@contextlib.contextmanager
def served(wine: Wine) -> Iterator[Running]:
    """A simulated Windows engine where Docker's own would listen, for as long as the block lasts."""
    with wine.running("C:\\python\\python.exe", *SIM, env={"PYTHONPATH": wine.path(ROOT)}) as process:
        wait_until(lambda: "ready" in process.output or not process.alive, seconds=150, what="the engine in wine")
        assert process.alive, process.output
        yield process


@pytest.fixture
def engine(wine: Wine) -> Iterator[Running]:
    """The simulated engine, empty for each test."""
    with served(wine) as process:
        yield process


@dataclass
class Machine:
    """The Windows with a state folder for one test, and a portal that it can reach."""

    wine: Wine
    portal: FakePortal
    state: str

    async def agent(self, *words: str, seconds: float = 200) -> Ended:
        """One command of the agent, to its end."""
        command = ("-m", "engine_agent", *words, "--state-dir", self.state)
        return await asyncio.to_thread(self.wine.python, *command, seconds=seconds)

    async def program(self, text: str, seconds: float = 150) -> str:
        """What a Python program prints; an error is one of the test."""
        ended = await asyncio.to_thread(self.wine.python, "-c", text, seconds=seconds)
        assert ended.code == 0, ended
        return ended.stdout

    async def enrol(self, *words: str) -> Ended:
        """Become a host of the portal."""
        ended = await self.agent("enrol", "--portal", self.portal.origin, "--token", "good-token", *words)
        assert ended.code == 0, ended
        return ended


@pytest.fixture
async def machine(wine: Wine, request: pytest.FixtureRequest) -> AsyncIterator[Machine]:
    """A portal of the test's own, and a state folder."""
    async with FakePortal(heartbeat=1.0) as portal:
        yield Machine(wine, portal, f"C:\\state\\{request.node.name[:60]}")
