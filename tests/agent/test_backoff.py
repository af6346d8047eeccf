"""Waiting before the next attempt."""

import random

from engine_agent.backoff import Backoff


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    backoff = Backoff(0.5, 30.0, uniform=lambda _, high: high)
    assert [backoff.next() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_success_starts_over() -> None:
    backoff = Backoff(0.5, 30.0, uniform=lambda _, high: high)
    backoff.next()
    backoff.next()
    backoff.reset()
    assert backoff.next() == 0.5


def test_the_jitter_is_full() -> None:
    draw = random.Random(7)
    waits = []
    for _ in range(2000):
        backoff = Backoff(uniform=draw.uniform)
        for _ in range(7):
            wait = backoff.next()
        waits.append(wait)
    assert min(waits) < 1.0
    assert max(waits) > 29.0
    assert 13.5 < sum(waits) / len(waits) < 16.5


def test_ten_thousand_failures_do_not_overflow() -> None:
    backoff = Backoff(uniform=lambda _, high: high)
    assert {backoff.next() for _ in range(10_000)} <= {0.5, 1, 2, 4, 8, 16, 30.0}


def test_a_hint_spreads_within_it_and_counts_as_no_failure() -> None:
    backoff = Backoff(uniform=lambda _, high: high)
    assert backoff.within(4.0) == 4.0
    assert backoff.within(-1.0) == 0.0
    assert backoff.next() == 0.5
