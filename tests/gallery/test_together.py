"""Single flight: who asks the same at the same time gets the first one's answer, whichever process it is in."""

import threading
import time
from dataclasses import dataclass

import pytest

from gallery.sharing import LocalShared, RedisShared
from gallery.together import ask_together
from tests.lab.redis_server import RedisServer


@dataclass(frozen=True)
class Thing:
    name: str
    parts: tuple[int, ...] = ()


def test_two_processes_ask_once(redis_server: RedisServer) -> None:
    stores = [RedisShared(redis_server.url) for _ in range(3)]
    begun, go_on = threading.Event(), threading.Event()
    calls: list[int] = []
    found: list[Thing] = []

    def ask() -> Thing:
        calls.append(1)
        begun.set()
        assert go_on.wait(20)
        return Thing("one", (1, 2))

    waiting: set[int] = set()

    def sleep(seconds: float) -> None:
        waiting.add(threading.get_ident())
        time.sleep(seconds)

    def run(store: RedisShared) -> None:
        found.append(ask_together("key", Thing, ask, store=store, patience=20, sleep=sleep))

    threads = [threading.Thread(target=run, args=(store,)) for store in stores]
    threads[0].start()
    assert begun.wait(20)
    for thread in threads[1:]:
        thread.start()
    deadline = time.monotonic() + 20
    while len(waiting) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    go_on.set()
    for thread in threads:
        thread.join(timeout=30)
    assert found == [Thing("one", (1, 2))] * 3
    assert len(calls) == 1
    for store in stores:
        store.close()


def test_a_later_question_is_asked_anew() -> None:
    store = LocalShared()
    assert ask_together("key", int, lambda: 1, store=store) == 1
    assert ask_together("key", int, lambda: 2, store=store) == 2


def test_an_error_is_not_passed_on_and_frees_the_way() -> None:
    store = LocalShared()

    def broken() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        ask_together("key", int, broken, store=store)
    assert ask_together("key", int, lambda: 3, store=store) == 3


def test_a_dead_one_is_waited_for_no_longer_than_the_patience() -> None:
    store = LocalShared()
    store.claim("flight:key", 600)
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    assert ask_together("key", int, lambda: 4, store=store, patience=2, clock=lambda: now[0], sleep=sleep) == 4
    assert 2 <= now[0] < 3


def test_who_waits_asks_itself_when_the_first_fails() -> None:
    store = LocalShared()
    token = store.claim("flight:key", 600)

    def sleep(seconds: float) -> None:
        store.release("flight:key", token)

    assert ask_together("key", int, lambda: 5, store=store, sleep=sleep) == 5
