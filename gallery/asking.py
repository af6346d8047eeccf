"""Asking outside with a budget of time: whoever asks waits no longer than that, however slow the other side is.

The question goes on in a thread of its own, and a later asker of the same thing takes its answer: single flight within
a process. A name lookup without a network can block for many seconds, which no timeout of a socket bounds.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

MAX_FLIGHTS = 32
KEEP_SECONDS = 60.0
STUCK_BUDGET = 0.05


class StillAsking(Exception):
    """No answer within the budget; it may come later."""


class Flights:
    """Questions under way, and answers nobody has taken yet."""

    def __init__(self, *, most: int = MAX_FLIGHTS, keep: float = KEEP_SECONDS) -> None:
        self._most = most
        self._keep = keep
        self._lock = threading.Lock()
        self._flights: dict[str, tuple[Future[Any], float, str]] = {}

    def ask(self, key: str, work: Callable[[], T], budget: float, group: str = "") -> T:
        """What `work` returns or raises. Raises StillAsking after `budget` seconds.

        key: the same question. work: no database, no request of Django; it runs in a thread. group: whom it is asked:
        while an earlier question of the group has waited longer than the budget, nobody waits for the next one.
        """
        future = self._joined(key, work, group)
        if group and self._stuck(group, budget):
            budget = min(budget, STUCK_BUDGET)
        try:
            result: T = future.result(timeout=budget)
        except TimeoutError:
            if not future.done():
                raise StillAsking(key) from None
            raise
        finally:
            if future.done():
                self._forget(key, future)
        return result

    def _stuck(self, group: str, budget: float) -> bool:
        limit = time.monotonic() - budget
        with self._lock:
            return any(of == group and began < limit and not one.done() for one, began, of in self._flights.values())

    def begin(self, key: str, work: Callable[[], object], group: str = "") -> None:
        """Start a question whose answer will be asked for soon; too many under way: do nothing."""
        with contextlib.suppress(StillAsking):
            self._joined(key, work, group)

    def landed(self, key: str) -> bool:
        """Whether an answer waits to be taken."""
        with self._lock:
            found = self._flights.get(key)
            return found is not None and found[0].done()

    def _joined(self, key: str, work: Callable[[], T], group: str) -> "Future[T]":
        with self._lock:
            self._drop_old()
            found = self._flights.get(key)
            if found is not None:
                return found[0]
            if len(self._flights) >= self._most:
                raise StillAsking(key)
            future: Future[T] = Future()
            self._flights[key] = (future, time.monotonic(), group)
        thread = threading.Thread(target=self._fly, args=(future, work), name="gallery-ask", daemon=True)
        thread.start()
        return future

    @staticmethod
    def _fly(future: "Future[T]", work: Callable[[], T]) -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    def _forget(self, key: str, future: "Future[Any]") -> None:
        with self._lock:
            if self._flights.get(key, (None,))[0] is future:
                del self._flights[key]

    def _drop_old(self) -> None:
        limit = time.monotonic() - self._keep
        for key, (future, started, _) in list(self._flights.items()):
            if started < limit and future.done():
                del self._flights[key]


flights = Flights()
