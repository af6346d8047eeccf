"""Rows of one log on their way to a browser: gathered while it is busy, left out in the middle where it stays behind.

An engine says each line by itself. A message for each would cost more than the line, so what comes while one message is
on its way goes into the next. The engine is read no further while too much waits here.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

BEHIND = 15.0  # seconds behind the host's newest line: then lines are left out
CAUGHT_UP = 1.0
NEWEST = 1_000  # lines that are kept for the moment in which the reading has caught up
QUIET = 0.25  # seconds in which the engine said nothing: there is nothing to catch up with
HELD_CHARS = 256 * 1024
MESSAGE_CHARS = 64 * 1024
GATHER = 0.03  # seconds between two messages
ROW_CHARS = 40  # what a row costs beside its text

Row = tuple[int, int, str]


@dataclass
class Lag:
    """How far behind the newest line the reading is. Clocks of host and portal may differ: the least seen is zero."""

    least: float | None = None

    def of(self, micros: int, now: float) -> float:
        distance = now - micros / 1e6
        self.least = distance if self.least is None else min(self.least, distance)
        return distance - self.least


class LogFlow:
    """`put` rows as they are read, `run` beside it.

    send: a message of rows, returns when the browser has room for the next; tell: (lines left out, microseconds of the
    first one, of the last one).
    """

    def __init__(
        self,
        *,
        send: Callable[[list[Row]], Awaitable[None]],
        tell: Callable[[int, int, int], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._send, self._tell, self._clock = send, tell, clock
        self._rows: deque[Row] = deque()
        self._chars = 0
        self._lag = Lag()
        self._skipping = False
        self._left_out = (0, 0, 0)
        self._puts = 0
        self._change = asyncio.Condition()
        self._sending = False

    def begun(self) -> None:
        """The log is read anew: what comes now may be old without anybody being behind."""
        self._lag = Lag()

    async def put(self, rows: list[Row], *, live: bool) -> None:
        """Take rows up; waits while too much is held. live: the log is followed, so old rows mean being behind."""
        if not rows:
            return
        lag = self._lag.of(rows[-1][1], self._clock()) if live else 0.0
        async with self._change:
            self._puts += 1
            self._rows.extend(rows)
            self._chars += sum(map(_chars, rows))
            self._skipping = lag > (CAUGHT_UP if self._skipping else BEHIND)
            if self._skipping:
                self._leave_out()
            self._change.notify_all()
            await self._change.wait_for(lambda: self._skipping or self._chars <= HELD_CHARS)

    async def drained(self) -> None:
        """Until everything that is to be sent was sent."""
        async with self._change:
            self._skipping = False
            self._change.notify_all()
            await self._change.wait_for(lambda: not self._rows and not self._sending)

    def _leave_out(self) -> None:
        count, first, last = self._left_out
        while len(self._rows) > NEWEST or self._chars > HELD_CHARS:
            row = self._rows.popleft()
            self._chars -= _chars(row)
            count, first, last = count + 1, first or row[1], row[1]
        self._left_out = (count, first, last)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            async with self._change:
                await self._change.wait_for(lambda: bool(self._rows))
                await self._caught_up()
                left_out, self._left_out = self._left_out, (0, 0, 0)
                message = self._message()
                self._sending = True
            try:
                if left_out[0]:
                    await self._tell(*left_out)
                await self._send(message)
            finally:
                self._sending = False
            async with self._change:
                self._change.notify_all()
            await asyncio.sleep(GATHER)

    async def _caught_up(self) -> None:
        """Until lines are left out no more: nearly new ones come, or none at all."""
        while self._skipping:
            puts = self._puts
            try:
                async with asyncio.timeout(QUIET):
                    await self._change.wait_for(lambda: not self._skipping)
            except TimeoutError:
                self._skipping = self._skipping and puts != self._puts

    def _message(self) -> list[Row]:
        rows, chars = [], 0
        while self._rows and chars < MESSAGE_CHARS:
            row = self._rows.popleft()
            rows.append(row)
            chars += _chars(row)
        self._chars -= chars
        return rows


def _chars(row: Row) -> int:
    return len(row[2]) + ROW_CHARS
