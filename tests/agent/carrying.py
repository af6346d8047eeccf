"""Carrying a command out against a simulated engine, with and without being killed on the way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from engine_agent.engine import Engine
from engine_agent.engine.transport import connector_of
from engine_agent.http1 import Streams
from engine_agent.protocol.bodies import BuildContext, CommandBody
from engine_agent.protocol.messages import CommandProgress, StepReport
from engine_agent.work.carry import carrier
from engine_agent.work.desk import Order
from engine_agent.work.outcome import Outcome, Reporter
from tests.sim.engine import SimEngine


class Killed(BaseException):
    """The agent's process is gone: nothing of it runs any more."""


@contextlib.asynccontextmanager
async def no_fetch(context: BuildContext) -> AsyncIterator[Path]:
    """Nothing is built in these tests."""
    yield Path("/nonexistent") / context.sha256


class Papers:
    """What a command leaves behind for the next attempt, and what it told."""

    def __init__(self, command: str = "command-1") -> None:
        self.command = command
        self.attempt = 0
        self.notes = b""
        self.started = 0.0
        self.reports: list[CommandProgress] = []
        self.is_cancelled: Callable[[], bool] = lambda: False

    def order(self, body: CommandBody) -> Order:
        """The next attempt."""
        self.attempt += 1

        async def keep(notes: bytes) -> None:
            self.notes = notes

        return Order(
            id=self.command,
            body=body,
            attempt=self.attempt,
            started=self.started,
            notes=self.notes,
            reporter=Reporter(self.command, self.attempt - 1, self.reports.append),
            keep=keep,
            cancelled=lambda: self.is_cancelled(),
            stopping=lambda: False,
        )

    @property
    def steps(self) -> dict[str, StepReport]:
        """The last word on every step."""
        return {step.key: step for report in self.reports for step in report.steps}

    @property
    def states(self) -> list[tuple[str, str]]:
        """Every state told, in order."""
        return [(step.key, step.state) for report in self.reports for step in report.steps]

    @property
    def lines(self) -> list[str]:
        return [text for report in self.reports for _, text in report.lines]


async def carry(sim: SimEngine, body: CommandBody, papers: Papers | None = None) -> Outcome:
    """Carry a command out."""
    return await carrier(Engine(sim.address), no_fetch)((papers or Papers()).order(body))


async def carry_killed(sim: SimEngine, body: CommandBody, papers: Papers, *, after: int) -> bool:
    """Carry out until `after` requests were made, and be killed there; gives whether it came to that."""
    asked = 0
    connect = connector_of(sim.address)

    async def connect_or_die() -> Streams:
        nonlocal asked
        if asked >= after:
            raise Killed
        asked += 1
        return await connect()

    engine = Engine(sim.address, connect=connect_or_die)
    try:
        await carrier(engine, no_fetch)(papers.order(body))
    except Killed:
        await asyncio.sleep(0)
        return True
    return False
