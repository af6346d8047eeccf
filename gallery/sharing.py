"""What every process of the portal knows together, for a while: in Redis, or in this process when there is none.

Small values under keys that expire. Nothing that matters is lost with them: the database holds the truth.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

T = TypeVar("T")

PREFIX = "pierhead:gallery:"
SOCKET_SECONDS = 2.0
MOST_LOCAL = 4096

log = logging.getLogger(__name__)


class Shared(Protocol):
    """A store that all who ask outside share. `seconds`: how long a value lives."""

    def read(self, key: str) -> bytes | None:
        """The value, None when there is none."""

    def write(self, key: str, value: bytes, seconds: float) -> None:
        """Set it."""

    def change(self, key: str, work: Callable[[bytes | None], tuple[bytes, T]], seconds: float) -> T:
        """Set it to the first thing that `work` makes of the old value; no other change comes between. Gives the
        second. `work` may be called several times."""

    def claim(self, key: str, seconds: float) -> str:
        """Be the one: a token, or "" while somebody else is."""

    def release(self, key: str, token: str) -> None:
        """Be it no longer, if the claim is still ours."""


class LocalShared:
    """For one process: tests, and as long as Redis does not answer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._values: dict[str, tuple[bytes, float]] = {}

    def read(self, key: str) -> bytes | None:
        with self._lock:
            return self._alive(key)

    def write(self, key: str, value: bytes, seconds: float) -> None:
        with self._lock:
            self._set(key, value, seconds)

    def change(self, key: str, work: Callable[[bytes | None], tuple[bytes, T]], seconds: float) -> T:
        with self._lock:
            value, result = work(self._alive(key))
            self._set(key, value, seconds)
            return result

    def claim(self, key: str, seconds: float) -> str:
        with self._lock:
            if self._alive(key) is not None:
                return ""
            token = secrets.token_hex(8)
            self._set(key, token.encode(), seconds)
            return token

    def release(self, key: str, token: str) -> None:
        with self._lock:
            if self._alive(key) == token.encode():
                del self._values[key]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()

    def _alive(self, key: str) -> bytes | None:
        found = self._values.get(key)
        return found[0] if found and found[1] > self._clock() else None

    def _set(self, key: str, value: bytes, seconds: float) -> None:
        if len(self._values) >= MOST_LOCAL:
            now = self._clock()
            self._values = {name: kept for name, kept in self._values.items() if kept[1] > now}
        self._values[key] = (value, self._clock() + seconds)


_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"


class RedisShared:
    """For every process that has the same Redis. While it does not answer, each process is on its own."""

    def __init__(self, url: str) -> None:
        self._redis: Any = Redis.from_url(url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS)
        self._alone = LocalShared()
        self._away = False

    def read(self, key: str) -> bytes | None:
        found: bytes | None = self._with(lambda redis: redis.get(PREFIX + key), lambda alone: alone.read(key))
        return found

    def write(self, key: str, value: bytes, seconds: float) -> None:
        self._with(
            lambda redis: redis.set(PREFIX + key, value, px=int(seconds * 1000)),
            lambda alone: alone.write(key, value, seconds),
        )

    def change(self, key: str, work: Callable[[bytes | None], tuple[bytes, T]], seconds: float) -> T:
        def in_redis(redis: Any) -> T:
            results: list[T] = []

            def step(pipe: Any) -> None:
                value, result = work(pipe.get(PREFIX + key))
                results.append(result)
                pipe.multi()
                pipe.set(PREFIX + key, value, px=int(seconds * 1000))

            redis.transaction(step, PREFIX + key)
            return results[-1]

        return self._with(in_redis, lambda alone: alone.change(key, work, seconds))

    def claim(self, key: str, seconds: float) -> str:
        token = secrets.token_hex(8)

        def in_redis(redis: Any) -> str:
            return token if redis.set(PREFIX + key, token, nx=True, px=int(seconds * 1000)) else ""

        return self._with(in_redis, lambda alone: alone.claim(key, seconds))

    def release(self, key: str, token: str) -> None:
        self._with(lambda redis: redis.eval(_RELEASE, 1, PREFIX + key, token), lambda alone: alone.release(key, token))

    def close(self) -> None:
        """Close its connections."""
        self._redis.close()

    def _with(self, work: Callable[[Any], T], alone: Callable[[LocalShared], T]) -> T:
        try:
            result = work(self._redis)
        except RedisError as error:
            if not self._away:
                log.warning("Redis does not answer; limits of outside services are kept by each process: %s", error)
            self._away = True
            return alone(self._alone)
        self._away = False
        return result


@lru_cache(maxsize=1)
def _local() -> LocalShared:
    return LocalShared()


@lru_cache(maxsize=4)
def _redis(url: str) -> RedisShared:
    return RedisShared(url)


def shared() -> Shared:
    """The store of this portal."""
    if "redis" in str(settings.CACHES["default"]["BACKEND"]).lower():
        return _redis(settings.REDIS_URL)
    return _local()


def shared_forget() -> None:
    """Forget what this process alone knew (tests)."""
    _local().clear()
