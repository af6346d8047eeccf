"""Doing work on an engine that may go away in the middle and come back."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..engine import Engine, EngineError, EngineGone
from ..engine.resources import engine_ping
from .observe import project_containers
from .outcome import Reporter

ENGINE_PATIENCE = 60.0
ENGINE_LOOK = 0.5
MAX_ABSENCES = 5


@dataclass(slots=True)
class Persistence:
    """Whose work it is, and how often the engine went away so far. patience: seconds to wait for it each time."""

    engine: Engine
    reporter: Reporter
    project: str
    patience: float = ENGINE_PATIENCE
    absences: int = 0

    async def do(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it, and do it again when the engine went away and came back in time. Raises EngineGone if it did not."""
        while True:
            try:
                return await work()
            except EngineGone as error:
                self.absences += 1
                if self.absences > MAX_ABSENCES:
                    raise
                self.reporter.line(f"The engine went away ({error.message}); waiting for it", "warning")
                await self._back(error)
                self.reporter.line("The engine is back; carrying on")

    async def _back(self, error: EngineGone) -> None:
        self.engine.forget()
        try:
            async with asyncio.timeout(self.patience):
                while True:
                    await asyncio.sleep(ENGINE_LOOK)
                    try:
                        await engine_ping(self.engine, timeout=5.0)
                        await project_containers(self.engine, self.project)
                    except EngineError:
                        continue
                    return
        except TimeoutError:
            raise error from None
