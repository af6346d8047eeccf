"""How much may be asked of Docker Hub: one budget for an address and an account, whoever asks.

A token bucket that follows what Docker Hub says of its own limit (X-RateLimit headers), and stands still for as long as
a 429 says. The decisions are pure; the state lies in a store that all processes share.
"""

import random
import time
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import msgspec

from gallery.fetch import retry_after

from .errors import RateLimited

T = TypeVar("T")

USUAL_LIMIT = 180  # a minute, as long as Docker Hub has not said
WINDOW_SECONDS = 60.0
RESERVE = 0.25  # of the limit, which only people may spend and no job
WAIT_SECONDS = 60
KEEP_SECONDS = 86_400.0
MAX_JITTER = 5.0
LOW_LIMIT = 5  # a limit this low has no reserve


class Store(Protocol):
    """What is needed of `gallery.sharing.Shared`."""

    def read(self, key: str) -> bytes | None: ...

    def change(self, key: str, work: Callable[[bytes | None], tuple[bytes, T]], seconds: float) -> T: ...


class Bucket(msgspec.Struct, frozen=True):
    """limit: requests in a window; remaining: of those, left; reset: unix seconds of the window's end.

    blocked_until: unix seconds until which Docker Hub wants to be left alone. told: whether the numbers are its own.
    """

    limit: int = USUAL_LIMIT
    remaining: int = USUAL_LIMIT
    reset: float = 0.0
    blocked_until: float = 0.0
    told: bool = False


def spend(bucket: Bucket, now: float, *, urgent: bool) -> tuple[Bucket, float]:
    """One request out of the bucket: (what is left, seconds to wait first); 0 seconds: it may be sent now.

    urgent: a person waits. Jobs leave a quarter of the limit to people.
    """
    if bucket.blocked_until > now:
        return bucket, bucket.blocked_until - now
    if bucket.reset <= now:
        bucket = msgspec.structs.replace(bucket, remaining=bucket.limit, reset=now + WINDOW_SECONDS)
    reserve = 0 if urgent or bucket.limit <= LOW_LIMIT else int(bucket.limit * RESERVE)
    if bucket.remaining <= reserve:
        return bucket, max(1.0, bucket.reset - now)
    return msgspec.structs.replace(bucket, remaining=bucket.remaining - 1), 0.0


def noted(bucket: Bucket, now: float, status: int, headers: Mapping[str, str], jitter: float) -> Bucket:
    """The bucket after an answer. jitter: 0 to 1, added to a wait so that not everybody comes back at once."""
    limit, remaining = _whole(headers, "x-ratelimit-limit"), _whole(headers, "x-ratelimit-remaining")
    reset = _whole(headers, "x-ratelimit-reset")
    if limit:
        ends = float(reset) if reset and now < reset < now + 86_400 else max(bucket.reset, now + 1.0)
        left = limit if remaining is None else min(remaining, limit)
        # Answers of one window may overtake each other: the smaller count is the later one.
        if bucket.told and abs(ends - bucket.reset) < 2.0:
            left = min(left, bucket.remaining)
        bucket = Bucket(limit, left, ends, bucket.blocked_until, told=True)
    if status == 429:
        seconds = retry_after(headers, now) or WAIT_SECONDS
        until = now + seconds + jitter * min(MAX_JITTER, seconds * 0.1)
        bucket = msgspec.structs.replace(bucket, blocked_until=max(bucket.blocked_until, until))
    return bucket


def _whole(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None


class Budget:
    """The bucket of one address and account. key: names both."""

    def __init__(
        self,
        store: Store,
        key: str,
        *,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._key = f"budget:{key}"
        self._clock = clock
        self._jitter = jitter

    @property
    def bucket(self) -> Bucket:
        """As it is now."""
        return _decoded(self._store.read(self._key))

    def spend(self, *, urgent: bool = True) -> None:
        """Take one request out of it. Raises RateLimited, with the seconds to wait, when there is none."""

        def work(raw: bytes | None) -> tuple[bytes, float]:
            bucket, wait = spend(_decoded(raw), self._clock(), urgent=urgent)
            return msgspec.json.encode(bucket), wait

        wait = self._store.change(self._key, work, KEEP_SECONDS)
        if wait > 0:
            seconds = int(wait + 0.999)
            raise RateLimited(f"Docker Hub wants to be left alone for {seconds} more seconds.", seconds)

    def note(self, status: int, headers: Mapping[str, str]) -> None:
        """Remember what an answer said of the limit."""
        if status != 429 and "x-ratelimit-limit" not in headers:
            return
        jitter = self._jitter()

        def work(raw: bytes | None) -> tuple[bytes, None]:
            return msgspec.json.encode(noted(_decoded(raw), self._clock(), status, headers, jitter)), None

        self._store.change(self._key, work, KEEP_SECONDS)


def _decoded(raw: bytes | None) -> Bucket:
    if raw is None:
        return Bucket()
    try:
        return msgspec.json.decode(raw, type=Bucket)
    except msgspec.DecodeError:
        return Bucket()
