"""Fixtures of real parts. Those of the session are started by the first test that asks and stopped at the end."""

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Browser

from tests.lab.browser import Watched, open_page, start_browser
from tests.lab.engine import Engine, start_engine
from tests.lab.hosts import LabHost, start_hosts
from tests.lab.images import BUSYBOX
from tests.lab.postgres import Postgres, start_postgres
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


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Postgres]:
    """The session's PostgreSQL. Tests ask for `postgres`."""
    with start_postgres() as running:
        yield running


@pytest.fixture
def postgres(postgres_cluster: Postgres) -> Iterator[str]:
    """The DATABASE_URL of an empty PostgreSQL database, which is dropped after the test."""
    with postgres_cluster.empty_database() as url:
        yield url


@pytest.fixture(scope="session")
def lab_hosts() -> Iterator[Sequence[LabHost]]:
    """The session's two hosts. Tests ask for `two_hosts`."""
    with start_hosts(2) as running:
        yield running


@pytest.fixture
def two_hosts(lab_hosts: Sequence[LabHost]) -> Iterator[Sequence[LabHost]]:
    """Two engines as two hosts, each with the image `busybox:lab`; what a test made on them is removed after it."""
    for host in lab_hosts:
        if not host.engine.docker("images", "-q", BUSYBOX).strip():
            host.engine.image_from_busybox(BUSYBOX)
    yield lab_hosts
    for host in lab_hosts:
        host.plug()
        if not host.engine.running:
            host.engine.start()
        host.engine.tidy()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for the tests of one module. Playwright's event loop runs in this thread: no asyncio tests beside."""
    with pytest.MonkeyPatch.context() as patch, start_browser() as running:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # that loop makes Django think we are asynchronous
        yield running


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Watched]:
    """A page without cookies; an error on its console fails the test."""
    with open_page(browser) as watched:
        yield watched
