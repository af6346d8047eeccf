"""Whose turn it is: commands that concern the same thing come one after the other, in the order they came.

One that concerns everything (cleaning up) begins when nothing else is under way, without holding back what comes
meanwhile, and others wait while it is at work: an image that a deployment has pulled and not used yet is not rubbish.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

EVERYTHING = "everything"


class Turns:
    """The turns of one agent, by subject."""

    def __init__(self) -> None:
        self._open: dict[object, tuple[str, asyncio.Event]] = {}

    @contextlib.asynccontextmanager
    async def take(self, subject: str) -> AsyncIterator[None]:
        """Enter when it is this one's turn."""
        if subject == EVERYTHING:
            while others := [done for _, done in self._open.values()]:
                await others[0].wait()
        before = [done for other, done in self._open.values() if other in (subject, EVERYTHING)]
        place, ended = object(), asyncio.Event()
        self._open[place] = subject, ended
        try:
            for done in before:
                await done.wait()
            yield
        finally:
            del self._open[place]
            ended.set()
