"""Failed sign-ins are counted per user and address, per address, and per user; with and without a cache."""

from typing import NoReturn

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from portal.people.attempts import (
    PER_ADDRESS,
    PER_USER,
    PER_USER_AND_ADDRESS,
    WINDOW_SECONDS,
    Attempts,
    Counters,
    ProcessCounters,
)
from portal.problems import TooMany


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class BrokenCache:
    """A cache whose server is away."""

    def get(self, key: str, default: int = 0) -> NoReturn:
        raise RedisConnectionError("no server")

    def add(self, key: str, value: int, timeout: float | None = None) -> NoReturn:
        raise RedisConnectionError("no server")

    def incr(self, key: str, delta: int = 1) -> NoReturn:
        raise RedisConnectionError("no server")

    def delete(self, key: str) -> NoReturn:
        raise OSError("no server")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["cache", "no cache"])
def attempts(request: pytest.FixtureRequest, clock: Clock) -> Attempts:
    good: Counters = ProcessCounters(clock)
    return Attempts(good, ProcessCounters(clock)) if request.param == "cache" else Attempts(BrokenCache(), good)


def fail(attempts: Attempts, times: int, username: str = "mara", address: str = "192.0.2.7") -> None:
    for _ in range(times):
        attempts.failed(username=username, address=address)


def limited(attempts: Attempts, username: str = "mara", address: str | None = "192.0.2.7") -> bool:
    try:
        attempts.check(username=username, address=address)
    except TooMany as problem:
        return problem.retry_after == WINDOW_SECONDS
    return False


def test_a_few_failures_are_allowed(attempts: Attempts) -> None:
    fail(attempts, PER_USER_AND_ADDRESS - 1)
    assert not limited(attempts)


def test_then_the_user_is_limited_from_that_address_only(attempts: Attempts) -> None:
    fail(attempts, PER_USER_AND_ADDRESS)
    assert limited(attempts)
    assert limited(attempts, username=" MARA ")
    assert not limited(attempts, address="192.0.2.8")
    assert not limited(attempts, username="somebody")


def test_an_address_that_tries_many_names_is_limited(attempts: Attempts) -> None:
    for number in range(PER_ADDRESS):
        fail(attempts, 1, username=f"user-{number}")
    assert limited(attempts, username="another")
    assert not limited(attempts, username="another", address="192.0.2.8")


def test_a_name_that_is_tried_from_many_addresses_is_limited(attempts: Attempts) -> None:
    for number in range(PER_USER):
        fail(attempts, 1, address=f"192.0.2.{number}")
    assert limited(attempts, address="198.51.100.1")


def test_the_limit_ends_with_its_window(attempts: Attempts, clock: Clock) -> None:
    fail(attempts, PER_USER_AND_ADDRESS)
    clock.now += WINDOW_SECONDS + 1
    assert not limited(attempts)
    fail(attempts, 1)
    assert not limited(attempts)


def test_success_forgets_the_failures(attempts: Attempts) -> None:
    fail(attempts, PER_USER_AND_ADDRESS - 1)
    attempts.succeeded(username="mara", address="192.0.2.7")
    fail(attempts, PER_USER_AND_ADDRESS - 1)
    assert not limited(attempts)


@pytest.mark.parametrize("name", ["", "x" * 100_000, "\x00 \n", "ö", "\ud800"])
def test_any_name_can_be_counted(attempts: Attempts, name: str) -> None:
    fail(attempts, PER_USER_AND_ADDRESS, username=name)
    assert limited(attempts, username=name)


def test_a_peer_without_an_address_is_counted_too(attempts: Attempts) -> None:
    for _ in range(PER_USER_AND_ADDRESS):
        attempts.failed(username="mara", address=None)
    assert limited(attempts, address=None)


def test_counters_of_a_process_do_not_grow_without_end(clock: Clock) -> None:
    counters = ProcessCounters(clock)
    for number in range(counters.MOST + 10):
        counters.add(str(number), 1, timeout=10)
    assert counters.get(str(counters.MOST + 5)) == 0
    clock.now += 11
    counters.add("fresh", 1, timeout=10)
    assert counters.get("fresh") == 1
    assert counters.get("0") == 0
