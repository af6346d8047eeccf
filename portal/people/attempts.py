"""Counting failed sign-ins, so that passwords cannot be guessed: in the cache, in this process while that is away."""

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Protocol

from django.core.cache import cache as default_cache
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from portal.problems import TooMany

log = logging.getLogger(__name__)

WINDOW_SECONDS = 300
PER_USER_AND_ADDRESS = 5
PER_ADDRESS = 30
PER_USER = 50


class Counters(Protocol):
    """The part of a Django cache that is used here."""

    def get(self, key: str, default: int = 0) -> int | None: ...
    def add(self, key: str, value: int, timeout: float | None = None) -> bool: ...
    def incr(self, key: str, delta: int = 1) -> int: ...
    def delete(self, key: str) -> bool: ...


class ProcessCounters:
    """Counters of this process alone: weaker than shared ones, and better than none."""

    MOST = 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rows: dict[str, tuple[int, float]] = {}

    def get(self, key: str, default: int = 0) -> int | None:
        count, ends = self._rows.get(key, (default, float("inf")))
        return count if ends > self._clock() else default

    def add(self, key: str, value: int, timeout: float | None = None) -> bool:
        if self.get(key, -1) != -1:
            return False
        if len(self._rows) >= self.MOST:
            now = self._clock()
            self._rows = {name: row for name, row in self._rows.items() if row[1] > now}
        if len(self._rows) < self.MOST:
            self._rows[key] = (value, self._clock() + (timeout or WINDOW_SECONDS))
        return True

    def incr(self, key: str, delta: int = 1) -> int:
        count, ends = self._rows[key]
        self._rows[key] = (count + delta, ends)
        return count + delta

    def delete(self, key: str) -> bool:
        return self._rows.pop(key, None) is not None


_of_this_process = ProcessCounters()


class Attempts:
    """Failed sign-ins per user and address, per address, and per user, within `WINDOW_SECONDS`."""

    def __init__(self, counters: Counters | None = None, spare: Counters | None = None) -> None:
        self._counters: Counters = counters or default_cache
        self._spare: Counters = spare or _of_this_process

    def check(self, *, username: str, address: str | None) -> None:
        """Raise TooMany when a limit is reached: before the password is looked at, right or wrong."""
        for key, most in _limits(username, address):
            if max(self._count(self._counters, key), self._count(self._spare, key)) >= most:
                raise TooMany(
                    ngettext(
                        "Too many failed attempts. Wait %(count)s minute and try again.",
                        "Too many failed attempts. Wait %(count)s minutes and try again.",
                        WINDOW_SECONDS // 60,
                    )
                    % {"count": WINDOW_SECONDS // 60},
                    code="sign-in-limited",
                    retry_after=WINDOW_SECONDS,
                )

    def failed(self, *, username: str, address: str | None) -> None:
        """Count one failure."""
        for key, _most in _limits(username, address):
            try:
                _count_up(self._counters, key)
            except (RedisError, OSError) as error:
                log.warning("Sign-in attempts are counted in this process only; the cache does not answer: %s", error)
                _count_up(self._spare, key)

    def succeeded(self, *, username: str, address: str | None) -> None:
        """Forget the failures of this user from this address."""
        key, _most = _limits(username, address)[0]
        self._spare.delete(key)
        try:
            self._counters.delete(key)
        except (RedisError, OSError) as error:
            log.warning("The cache does not answer: %s", error)

    @staticmethod
    def _count(counters: Counters, key: str) -> int:
        try:
            return counters.get(key, 0) or 0
        except (RedisError, OSError) as error:
            log.warning("The cache does not answer: %s", error)
            return 0


def _count_up(counters: Counters, key: str) -> None:
    if counters.add(key, 1, timeout=WINDOW_SECONDS):
        return
    try:
        counters.incr(key)
    except (ValueError, KeyError):  # it ended between the two calls
        counters.add(key, 1, timeout=WINDOW_SECONDS)


def _limits(username: str, address: str | None) -> list[tuple[str, int]]:
    """Pairs of a counter's key and its limit. Keys hold digests: names may contain anything."""
    name = hashlib.sha256(username.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()[:32]
    peer = address or "local"
    return [
        (f"sign-in:both:{name}:{peer}", PER_USER_AND_ADDRESS),
        (f"sign-in:peer:{peer}", PER_ADDRESS),
        (f"sign-in:user:{name}", PER_USER),
    ]
