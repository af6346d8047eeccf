"""Where the answer to a query waits for who asked: a Redis list, or this process's memory with the in-memory layer.

Redis because the asker (a page in a thread) and the agent's connection may be in two portal nodes.
"""

import queue
import threading
from functools import lru_cache
from typing import Protocol

from django.conf import settings

KEPT_SECONDS = 30


class Answers(Protocol):
    """wait blocks a thread for at most `timeout` seconds; put never blocks the event loop for long."""

    def expect(self, query_id: str) -> None: ...
    def wait(self, query_id: str, timeout: float) -> bytes | None: ...
    async def put(self, query_id: str, payload: bytes) -> None: ...


class RedisAnswers:
    """Answers by way of Redis: LPUSH by the consumer, BLPOP by the asker."""

    def __init__(self, url: str) -> None:
        self.url = url

    def expect(self, query_id: str) -> None:
        """Nothing to prepare: the list is made by the answer."""

    def wait(self, query_id: str, timeout: float) -> bytes | None:
        import redis

        with redis.Redis.from_url(self.url, socket_timeout=timeout + 5, socket_connect_timeout=5) as client:
            found = client.blpop([_key(query_id)], timeout=timeout)
        return found[1] if isinstance(found, (list, tuple)) else None

    async def put(self, query_id: str, payload: bytes) -> None:
        import redis.asyncio

        async with (
            redis.asyncio.Redis.from_url(self.url, socket_connect_timeout=5) as client,
            client.pipeline(transaction=True) as pipe,
        ):
            pipe.lpush(_key(query_id), payload)
            pipe.expire(_key(query_id), KEPT_SECONDS)
            await pipe.execute()


class LocalAnswers:
    """Answers within one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, queue.Queue[bytes]] = {}

    def expect(self, query_id: str) -> None:
        with self._lock:
            self._waiting[query_id] = queue.Queue(1)

    def wait(self, query_id: str, timeout: float) -> bytes | None:
        try:
            return self._waiting[query_id].get(timeout=timeout)
        except queue.Empty:
            return None
        finally:
            with self._lock:
                self._waiting.pop(query_id, None)

    async def put(self, query_id: str, payload: bytes) -> None:
        waiting = self._waiting.get(query_id)
        if waiting is not None and not waiting.full():
            waiting.put_nowait(payload)


def _key(query_id: str) -> str:
    return f"pierhead:answer:{query_id}"


@lru_cache(maxsize=1)
def answers() -> Answers:
    """The one that goes with the configured channel layer."""
    if str(settings.CHANNEL_LAYERS["default"]["BACKEND"]).endswith("InMemoryChannelLayer"):
        return LocalAnswers()
    return RedisAnswers(settings.REDIS_URL)
