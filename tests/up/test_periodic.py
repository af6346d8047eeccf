"""Jobs that come again are queued once a period, however many workers look at the clock."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.utils.module_loading import import_string
from redis import Redis
from rq import Queue

from portal.up.periodic import Periodics
from portal.up.worker import QUEUE, SchedulerThread
from tests.lab.redis_server import RedisServer
from tests.up.test_worker import until

pytestmark = pytest.mark.redis

JOBS = (("time.time", 20.0), ("time.monotonic", 60.0))
NOON = 1_800_000_000.0


@pytest.fixture
def connection(redis_server: RedisServer) -> Iterator["Redis[bytes]"]:
    client = Redis.from_url(redis_server.url)
    yield client
    client.close()


def names(connection: "Redis[bytes]") -> list[str]:
    return [str(job.func_name) for job in Queue(QUEUE, connection=connection).get_jobs()]


def test_each_is_queued_once_a_period(connection: "Redis[bytes]") -> None:
    periodics = Periodics(JOBS, connection, QUEUE)
    assert periodics.look(NOON) == 2
    assert periodics.look(NOON + 19) == 0
    assert periodics.look(NOON + 20) == 1
    assert periodics.look(NOON + 61) == 2
    assert names(connection).count("time.time") == 3
    assert names(connection).count("time.monotonic") == 2


def test_two_workers_queue_it_once(connection: "Redis[bytes]") -> None:
    first, second = Periodics(JOBS, connection, QUEUE), Periodics(JOBS, connection, QUEUE)
    assert [first.look(NOON), second.look(NOON)] == [2, 0]
    assert [first.look(NOON + 20), second.look(NOON + 20)] == [1, 0]


def test_a_turn_nobody_got_to_is_given_up_when_the_next_is_due(connection: "Redis[bytes]") -> None:
    Periodics(JOBS[:1], connection, QUEUE).look(NOON)
    (job,) = Queue(QUEUE, connection=connection).get_jobs()
    assert job.ttl == 25
    assert job.result_ttl == 0


def test_the_scheduler_looks_by_itself(connection: "Redis[bytes]") -> None:
    scheduler = SchedulerThread(connection, tick=0.05, periodic=JOBS)
    scheduler.start()
    until(lambda: len(names(connection)) >= 2)
    scheduler.stop()


@pytest.mark.parametrize(("path", "period"), settings.PERIODIC_JOBS)
def test_what_the_settings_name_exists(path: str, period: float) -> None:
    assert callable(import_string(path))
    assert period >= 10
