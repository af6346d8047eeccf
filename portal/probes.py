"""Questions to the parts the portal stands on, each answered within a limit of time, even when the part hangs."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for_all
from dataclasses import dataclass, field

from django.conf import settings
from django.core.cache import cache
from django.db import connections

LIMIT_SECONDS = 1.5
OK = "ok"


@dataclass
class Probe:
    """One question, asked in a thread of its own and never twice at the same time.

    While an earlier asking still hangs, later callers wait for that one: a part that hangs costs one thread, however
    often it is asked about.
    """

    name: str
    question: Callable[[], None]
    _asking: Future[None] | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def ask(self) -> Future[None]:
        """The answer to come of this asking, or of the one under way."""
        with self._lock:
            if self._asking is None or self._asking.done():
                self._asking = Future()
                asking = threading.Thread(
                    target=self._run, args=(self._asking,), name=f"probe {self.name}", daemon=True
                )
                asking.start()
            return self._asking

    def _run(self, future: Future[None]) -> None:
        try:
            self.question()
        except Exception as error:  # whatever is wrong with it is the answer
            future.set_exception(error)
        else:
            future.set_result(None)


def ask_all(probes: Iterable[Probe], seconds: float = LIMIT_SECONDS) -> dict[str, str]:
    """The state of each part by name: "ok", or what is wrong, in few words and without addresses or passwords."""
    asked = {probe.name: probe.ask() for probe in probes}
    wait_for_all(asked.values(), timeout=seconds)
    return {name: _state(future, seconds) for name, future in asked.items()}


def _state(future: Future[None], seconds: float) -> str:
    if not future.done():
        return f"no answer within {seconds:g} s"
    error = future.exception()
    return OK if error is None else f"failed ({type(error).__name__})"


def ask_database() -> None:
    """Ask the default database for nothing, over a connection of this thread's own."""
    connection = connections["default"]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    finally:
        connection.close()


def ask_redis() -> None:
    """PING the Redis of jobs, channel layer and cache; where tests have none, ask the cache that stands for it."""
    if "redis" not in settings.CACHES["default"]["BACKEND"]:
        cache.get("probe")
        return
    import redis

    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    try:
        client.ping()
    finally:
        client.close()


PROBES = (Probe("database", ask_database), Probe("redis", ask_redis))
