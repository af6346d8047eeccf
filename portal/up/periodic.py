"""Jobs that come again: put into the queue every so many seconds by whichever worker is the first to see the time.

They are listed in `PERIODIC_JOBS` of the settings, each the dotted path of a function without arguments and its period
in seconds. Each turn of a job is claimed by a key in Redis, so that any number of workers queue it once; a Redis that
has lost everything costs at most one turn too many.
"""

import time
from collections.abc import Sequence
from typing import Any

from rq import Queue

KEY = "pierhead:periodic"
Periodic = tuple[str, float]


class Periodics:
    """The turns of the jobs in `jobs`, queued on `queue` at `connection`."""

    def __init__(self, jobs: Sequence[Periodic], connection: Any, queue: str) -> None:
        self._jobs = tuple(jobs)
        self._connection = connection
        self._queue: Any = Queue(queue, connection=connection)
        self._turns: dict[str, int] = {}

    def look(self, now: float | None = None) -> int:
        """Queue what is due at `now` (unix seconds); returns how many. Raises RedisError."""
        now = time.time() if now is None else now
        return sum(self._turn(path, period, int(now // period)) for path, period in self._jobs)

    def _turn(self, path: str, period: float, turn: int) -> bool:
        if self._turns.get(path) == turn:
            return False
        claimed = bool(self._connection.set(f"{KEY}:{path}:{turn}", 1, nx=True, ex=int(2 * period) + 60))
        self._turns[path] = turn
        if claimed:
            # Nobody reads the result, and a turn that waits behind a long job is worth nothing once the next is due.
            self._queue.enqueue(path, ttl=int(period) + 5, result_ttl=0, failure_ttl=3600)
        return claimed
