"""Jobs whose time has come are moved to their queue, also after a scheduler was killed."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from redis import Redis
from rq import Queue

from portal.up.worker import QUEUE, SchedulerThread
from tests.lab.redis_server import RedisServer

pytestmark = pytest.mark.redis


@pytest.fixture
def connection(redis_server: RedisServer) -> Iterator["Redis[bytes]"]:
    client = Redis.from_url(redis_server.url)
    yield client
    client.close()


def until(fact: Callable[[], object], seconds: float = 30) -> None:
    limit = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < limit, "it did not become true in time"
        time.sleep(0.02)


def test_a_job_whose_time_has_come_is_queued(connection: "Redis[bytes]") -> None:
    queue = Queue(QUEUE, connection=connection)
    queue.enqueue_in(timedelta(seconds=1), "time.time")
    queue.enqueue_in(timedelta(hours=1), "time.time")
    scheduler = SchedulerThread(connection, tick=0.05)
    scheduler.start()
    until(lambda: queue.count == 1)
    scheduler.stop()
    assert queue.count == 1


def test_after_a_kill_the_next_one_of_the_same_name_takes_over_at_once(connection: "Redis[bytes]") -> None:
    killed = SchedulerThread(connection, name="private", tick=0.05)
    killed._turn()  # holds the lock, and never gives it back
    queue = Queue(QUEUE, connection=connection)
    queue.enqueue_in(timedelta(0), "time.time")
    scheduler = SchedulerThread(connection, name="private", tick=0.05)
    scheduler.start()
    until(lambda: queue.count == 1)
    scheduler.stop()
    killed.close()


def test_of_two_schedulers_one_works(connection: "Redis[bytes]") -> None:
    first, second = SchedulerThread(connection, tick=0.05), SchedulerThread(connection, tick=0.05)
    first._turn()
    second._turn()
    assert first._scheduler.acquired_locks
    assert not second._scheduler.acquired_locks
    first.stop()
    second._turn()
    assert second._scheduler.acquired_locks
    second.stop()


def test_redis_may_go_away_and_come_back(redis_server: RedisServer, connection: "Redis[bytes]") -> None:
    scheduler = SchedulerThread(connection, name="private", tick=0.05)
    scheduler.start()
    redis_server.halt()
    time.sleep(0.3)
    assert scheduler.is_alive()
    redis_server.start()
    queue = Queue(QUEUE, connection=connection)
    queue.enqueue_in(timedelta(0), "time.time")
    until(lambda: queue.count == 1)
    scheduler.stop()
