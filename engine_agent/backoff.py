"""How long to wait before the next attempt: exponential with full jitter."""

import random
from collections.abc import Callable

BASE = 0.5
CAP = 30.0
MAX_DOUBLINGS = 16


class Backoff:
    """Waits that grow from `base` to `cap` seconds, each drawn evenly from zero up, so that a thousand agents that
    lost the same portal come back spread out."""

    def __init__(
        self, base: float = BASE, cap: float = CAP, *, uniform: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._base = base
        self._cap = cap
        self._uniform = uniform
        self._failures = 0

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        ceiling = min(self._cap, self._base * 2 ** min(self._failures, MAX_DOUBLINGS))
        self._failures += 1
        return self._uniform(0.0, ceiling)

    def within(self, seconds: float) -> float:
        """A moment within `seconds`, as a hint from the portal asks; does not count as a failure."""
        return self._uniform(0.0, max(0.0, seconds))

    def reset(self) -> None:
        """An attempt succeeded."""
        self._failures = 0
