"""How many agents are let in at once, so that a crowd that comes back after a restart does not trample itself.

Letting one in costs some thirty statements until its first snapshot is stored. Without a bound a thousand at once wait
so long for their turn that they give up, dial again, and make the queue longer. So some are inside, some stand in line,
and everybody else is sent away with a moment of their own to come back at.
"""

import asyncio
import weakref
from collections import deque

AT_ONCE = 32
LINE = 128
LINE_SECONDS = 8.0  # an agent gives a greeting up after 15
INSIDE_SECONDS = 3.0  # after that a place is given on, whatever its holder still owes
A_SECOND = 50.0  # moments given out to those who are sent away
FIRST_AFTER = 1.0
LONGEST = 60.0


class Crowded(Exception):
    """No place now. retry_after: seconds until the moment that was set aside for this one."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"come back in {retry_after:.1f} s")
        self.retry_after = retry_after


class Admission:
    """The door of one event loop. A visitor is any object that can be hashed."""

    def __init__(self, *, at_once: int = AT_ONCE, line: int = LINE, line_seconds: float = LINE_SECONDS) -> None:
        self._at_once, self._longest_line, self._line_seconds = at_once, line, line_seconds
        self._inside: dict[object, asyncio.TimerHandle] = {}
        self._line: deque[tuple[object, asyncio.Future[None]]] = deque()
        self._given_until = 0.0

    async def enter(self, visitor: object) -> None:
        """Come in, at once or after a time in line; `leave` gives the place back. Raises Crowded."""
        if len(self._inside) < self._at_once and not self._line:
            self._take(visitor)
            return
        if len(self._line) >= self._longest_line:
            raise Crowded(self._moment())
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append((visitor, turn))
        try:
            async with asyncio.timeout(self._line_seconds):
                await turn
        except TimeoutError:
            self._step_out(visitor, turn)
            raise Crowded(self._moment()) from None
        except asyncio.CancelledError:
            self._step_out(visitor, turn)
            raise

    def leave(self, visitor: object) -> None:
        """Give the place to the next in line. Does nothing for who is not inside."""
        timer = self._inside.pop(visitor, None)
        if timer is None:
            return
        timer.cancel()
        while self._line and len(self._inside) < self._at_once:
            following, turn = self._line.popleft()
            if not turn.done():
                self._take(following)
                turn.set_result(None)

    def _take(self, visitor: object) -> None:
        loop = asyncio.get_running_loop()
        self._inside[visitor] = loop.call_later(INSIDE_SECONDS, self.leave, visitor)

    def _step_out(self, visitor: object, turn: "asyncio.Future[None]") -> None:
        """Out of the line, or out of the place that was given at this very moment."""
        if (visitor, turn) in self._line:
            self._line.remove((visitor, turn))
        self.leave(visitor)

    def _moment(self) -> float:
        """Seconds until the next moment that nobody else was given."""
        now = asyncio.get_running_loop().time()
        self._given_until = max(self._given_until, now + FIRST_AFTER) + 1 / A_SECOND
        return min(self._given_until - now, LONGEST)


_of_loop: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Admission]" = weakref.WeakKeyDictionary()


def admission() -> Admission:
    """The one of the running event loop."""
    return _of_loop.setdefault(asyncio.get_running_loop(), Admission())
