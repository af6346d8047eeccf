"""What processes know together: the same in one process and through Redis, and each alone while Redis is away."""

import threading
from collections.abc import Callable, Iterator

import pytest

from gallery.sharing import LocalShared, RedisShared, Shared
from tests.lab.redis_server import RedisServer


@pytest.fixture(params=["local", "redis"])
def store(request: pytest.FixtureRequest) -> Iterator[Shared]:
    if request.param == "local":
        yield LocalShared()
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    found = RedisShared(server.url)
    yield found
    found.close()


def counted(raw: bytes | None) -> tuple[bytes, int]:
    number = int(raw or b"0") + 1
    return str(number).encode(), number


@pytest.mark.redis
def test_values_are_kept_and_changed(store: Shared) -> None:
    assert store.read("a") is None
    store.write("a", b"1", 60)
    assert store.read("a") == b"1"
    assert store.change("a", counted, 60) == 2
    assert store.read("a") == b"2"


@pytest.mark.redis
def test_one_has_a_claim_until_it_is_given_back(store: Shared) -> None:
    token = store.claim("lock", 60)
    assert token
    assert store.claim("lock", 60) == ""
    store.release("lock", "somebody-else")
    assert store.claim("lock", 60) == ""
    store.release("lock", token)
    assert store.claim("lock", 60)


@pytest.mark.redis
def test_no_change_is_lost_between_threads(store: Shared) -> None:
    def work() -> None:
        for _ in range(25):
            store.change("n", counted, 60)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert store.read("n") == b"100"


def test_values_end_when_their_time_has_come() -> None:
    now = [100.0]
    clock: Callable[[], float] = lambda: now[0]  # noqa: E731
    store = LocalShared(clock)
    store.write("a", b"1", 5)
    token = store.claim("b", 5)
    now[0] += 6
    assert store.read("a") is None
    assert store.claim("b", 5) not in {"", token}


def test_without_redis_each_process_is_on_its_own() -> None:
    store = RedisShared("unix:///nowhere/redis.sock")
    store.write("a", b"1", 60)
    assert store.read("a") == b"1"
    assert store.claim("b", 60)
    assert store.change("n", counted, 60) == 1
    store.close()
