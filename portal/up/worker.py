"""`python -m portal.up.worker`: one worker for the background jobs, with the scheduler of later ones.

What `manage.py rqworker --with-scheduler` does, with two differences. The scheduler is a thread, where RQ would fork a
second process of 65 MB; and it asks for its lock every second, where RQ would ask again after ten minutes when an
earlier scheduler was killed without giving it back. Each job still runs in a forked process of its own, and the memory
is frozen before, so that it stays shared with them.
"""

import gc
import logging
import sys
import threading
from collections.abc import Sequence
from typing import Any

import django
from redis import Redis
from redis.exceptions import RedisError
from rq.scheduler import RQScheduler

from .periodic import Periodic, Periodics

QUEUE = "default"
TICK_SECONDS = 1.0
PRIVATE_NAME = "pierhead-private"  # on a Redis of our own there is one scheduler: a new one takes over at once

log = logging.getLogger(__name__)


class SchedulerThread(threading.Thread):
    """Moves jobs whose time has come to their queue, as long as it holds the lock of that queue.

    periodic: jobs that come again (portal/up/periodic.py).
    """

    def __init__(
        self,
        connection: Any,
        *,
        name: str | None = None,
        tick: float = TICK_SECONDS,
        periodic: Sequence[Periodic] = (),
    ) -> None:
        super().__init__(name="scheduler", daemon=True)
        self._scheduler: Any = RQScheduler([QUEUE], connection=connection, logging_level=logging.WARNING, name=name)
        self._periodics = Periodics(periodic, connection, QUEUE)
        self._tick = tick
        self._stop_wish = threading.Event()

    def run(self) -> None:
        away = False
        while not self._stop_wish.wait(self._tick):
            try:
                self._turn()
                away = False
            except RedisError as error:  # it is restarting, or away: the next turn asks again
                if not away:
                    log.warning("The scheduler waits for Redis: %s", error)
                away = True

    def _turn(self) -> None:
        if not self._scheduler.acquired_locks:
            if not self._scheduler.acquire_locks():
                return
            self._scheduler.register_birth()
        self._scheduler.heartbeat()
        self._scheduler.enqueue_scheduled_jobs()
        self._periodics.look()

    def stop(self) -> None:
        """End, and give the lock back."""
        self._stop_wish.set()
        if self.is_alive():
            self.join(timeout=10)
        try:
            self._scheduler.stop()
        except RedisError as error:
            log.warning("The scheduler could not give its lock back: %s", error)
        self.close()

    def close(self) -> None:
        """Close the connection that RQ's scheduler makes for itself."""
        self._scheduler.connection.connection_pool.disconnect()


def main() -> int:
    django.setup()
    from django.conf import settings
    from django.db import connections
    from django_rq.workers import get_worker

    from .places import redis_url

    own = redis_url(settings.DATA_DIR) == settings.REDIS_URL
    scheduler = SchedulerThread(
        Redis.from_url(settings.REDIS_URL), name=PRIVATE_NAME if own else None, periodic=settings.PERIODIC_JOBS
    )
    worker = get_worker(QUEUE)
    connections.close_all()
    gc.collect()
    gc.freeze()
    scheduler.start()
    try:
        worker.work(with_scheduler=False, logging_level="WARNING")
    finally:
        scheduler.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
