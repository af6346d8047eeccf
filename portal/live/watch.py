"""One watch of one open page: when to render, when to send, when to hold back. Knows no Django and no socket."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from .outcomes import Failed, Gone, Rendered

COALESCE = 0.02  # seconds after an event in which further ones join it
SHORTEST = 0.04  # seconds between two renderings of a watch
SHARE = 0.5  # a watch may keep a thread busy for half of the time,
BURST = 1.0  # and for this many seconds more after it has been quiet: a single change is shown at once
LONGEST = 5.0
SEEN_WITHIN = 30.0  # seconds for the browser to take an html before it counts as gone

FAILED = b"failed"

Send = Callable[[dict[str, Any]], Awaitable[None]]
Clock = Callable[[], float]


class Source(Protocol):
    """Where a watch gets its topics and its html; both raise Gone, Failed or SignedOut."""

    async def topics(self, path: str) -> list[str]: ...

    async def render(self, path: str) -> Rendered: ...


@dataclass
class Pace:
    """How long to wait: a watch saves up while it is quiet, and slow renderings in a row are asked for less often.

    credit: seconds of rendering it may use now; negative when it has to wait.
    """

    credit: float = BURST
    at: float = float("-inf")

    def wait(self, now: float) -> float:
        """Seconds from an event at `now` to its rendering."""
        debt = -(self.credit + self._gained(now))
        rest = min(debt / SHARE, LONGEST) if debt > 0 else 0.0
        return max(COALESCE, self.at + SHORTEST - now, rest)

    def rendered(self, *, now: float, cost: float) -> None:
        """A rendering has ended at `now` after `cost` seconds."""
        self.credit = max(min(self.credit + self._gained(now), BURST) - cost, -LONGEST * SHARE)
        self.at = now

    def _gained(self, now: float) -> float:
        return min((now - self.at) * SHARE, 2 * BURST + LONGEST)


class Unread(Exception):
    """The browser does not take what it is sent."""


class Watch:
    """Renders at the start and after each event, one at a time, and sends what is different from the last html."""

    def __init__(self, *, id: str, path: str, source: Source, send: Send, clock: Clock) -> None:
        self.id = id
        self.path = path
        self._source = source
        self._send = send
        self._clock = clock
        self._pace = Pace()
        self._changed = asyncio.Event()
        self._taken = asyncio.Event()
        self._taken.set()
        self._last = b""

    def changed(self) -> None:
        """A topic has changed. Cheap; may be called any number of times."""
        self._changed.set()

    def seen(self) -> None:
        """The browser has taken the last html."""
        self._taken.set()

    async def run(self, join: Callable[[list[str]], Awaitable[None]]) -> None:
        """Until it is cancelled or gone. `join` is given the topics once, before the first rendering.

        Raises SignedOut (of the source) and Unread; both end the whole connection.
        """
        try:
            await join(await self._source.topics(self.path))
            await self._update()
            while True:
                await self._changed.wait()
                await asyncio.sleep(self._pace.wait(self._clock()))
                await self._until_taken()
                await self._update()
        except Gone:
            await self._send({"id": self.id, "gone": True})
        except Failed:  # of the topics: without them there is nothing to wait for
            await self._send({"id": self.id, "failed": True})

    async def _until_taken(self) -> None:
        try:
            async with asyncio.timeout(SEEN_WITHIN):
                await self._taken.wait()
        except TimeoutError as error:
            raise Unread from error

    async def _update(self) -> None:
        self._changed.clear()
        started = self._clock()
        try:
            rendered = await self._source.render(self.path)
        except Failed:
            rendered = Rendered("", FAILED)
        now = self._clock()
        self._pace.rendered(now=now, cost=now - started)
        if rendered.digest == self._last:
            return
        self._last = rendered.digest
        if rendered.digest == FAILED:
            await self._send({"id": self.id, "failed": True})
            return
        self._taken.clear()
        await self._send({"id": self.id, "html": rendered.html})
