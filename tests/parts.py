"""Fixtures of real parts. Those of the session are started by the first test that asks and stopped at the end."""

from collections.abc import Iterator

import pytest

from tests.lab.engine import Engine, start_engine
from tests.lab.images import BUSYBOX
from tests.lab.redis_server import RedisServer, start_redis
from tests.lab.registry import Registry, start_registry


@pytest.fixture(scope="session")
def lab_engine() -> Iterator[Engine]:
    """The session's engine, as other tests left it. Tests ask for `engine`."""
    with start_engine() as running:
        yield running


@pytest.fixture
def engine(lab_engine: Engine) -> Iterator[Engine]:
    """A private engine; containers, volumes and networks of the test are removed after it."""
    yield lab_engine
    if not lab_engine.running:
        lab_engine.start()
    lab_engine.tidy()


@pytest.fixture
def engine_with_busybox(engine: Engine) -> Engine:
    """The same engine with the image `busybox:lab`."""
    if not engine.docker("images", "-q", BUSYBOX).strip():
        engine.image_from_busybox(BUSYBOX)
    return engine


@pytest.fixture(scope="session")
def registry() -> Iterator[Registry]:
    """A private registry. Tests use repository names of their own."""
    with start_registry() as running:
        yield running


@pytest.fixture(scope="session")
def lab_redis() -> Iterator[RedisServer]:
    """The session's redis-server. Tests ask for `redis_server`."""
    with start_redis() as running:
        yield running


@pytest.fixture
def redis_server(lab_redis: RedisServer) -> Iterator[RedisServer]:
    """A private redis-server, empty."""
    lab_redis.empty()
    yield lab_redis
    if not lab_redis.running:
        lab_redis.start()
