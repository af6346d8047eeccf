"""Asking within a budget of time, once for everybody who asks the same."""

import threading
import time

import pytest

from gallery.asking import Flights, StillAsking


def test_gives_the_answer_or_the_error() -> None:
    flights = Flights()
    assert flights.ask("a", lambda: 5, 1) == 5

    def failing() -> int:
        raise KeyError("x")

    with pytest.raises(KeyError):
        flights.ask("a", failing, 1)


def test_waits_no_longer_than_the_budget() -> None:
    flights = Flights()
    release = threading.Event()
    started = time.monotonic()
    with pytest.raises(StillAsking):
        flights.ask("slow", release.wait, 0.05)
    assert time.monotonic() - started < 1
    assert not flights.landed("slow")
    release.set()
    assert flights.ask("slow", lambda: pytest.fail("asked twice"), 2) is True


def test_a_timeout_of_the_question_itself_is_no_still_asking() -> None:
    def failing() -> int:
        raise TimeoutError("of the other side")

    with pytest.raises(TimeoutError, match="of the other side"):
        Flights().ask("a", failing, 1)


def test_many_ask_once() -> None:
    flights = Flights()
    calls: list[int] = []
    release = threading.Event()

    def work() -> int:
        calls.append(1)
        release.wait(5)
        return 7

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(flights.ask("same", work, 5))) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    release.set()
    for thread in threads:
        thread.join()
    assert found == [7] * 8
    assert len(calls) == 1


def test_too_many_questions_are_not_piled_up() -> None:
    flights = Flights(most=1)
    release = threading.Event()
    with pytest.raises(StillAsking):
        flights.ask("one", release.wait, 0.01)
    started = time.monotonic()
    with pytest.raises(StillAsking):
        flights.ask("two", lambda: 1, 5)
    assert time.monotonic() - started < 1
    release.set()


def test_answers_that_nobody_takes_are_dropped() -> None:
    flights = Flights(keep=0.0)
    release = threading.Event()
    with pytest.raises(StillAsking):
        flights.ask("late", release.wait, 0.01)
    release.set()
    deadline = time.monotonic() + 2
    while not flights.landed("late") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert flights.ask("other", lambda: 1, 1) == 1
    assert not flights.landed("late")


def test_nobody_waits_behind_a_question_that_is_stuck() -> None:
    flights = Flights()
    release = threading.Event()
    with pytest.raises(StillAsking):
        flights.ask("one", release.wait, 0.1, "source")
    time.sleep(0.05)
    started = time.monotonic()
    with pytest.raises(StillAsking):
        flights.ask("two", release.wait, 0.1 * 1.2, "source")
    assert flights.ask("other", lambda: 3, 1, "another source") == 3
    assert time.monotonic() - started < 1
    release.set()


def test_a_question_may_be_begun_before_its_answer_is_needed() -> None:
    flights = Flights()
    calls: list[int] = []
    flights.begin("early", lambda: calls.append(1), "source")
    flights.ask("early", lambda: calls.append(2), 2, "source")
    assert calls == [1]
