"""How long a child that ended waits for its next start."""

import pytest

from portal.up.backoff import Backoff


def test_the_wait_doubles_up_to_the_longest() -> None:
    backoff = Backoff(first=1, longest=8)
    assert [backoff.after(0) for _ in range(6)] == [1, 2, 4, 8, 8, 8]


def test_a_long_calm_run_starts_anew() -> None:
    backoff = Backoff(first=1, longest=8, calm=60)
    for _ in range(4):
        backoff.after(1)
    assert backoff.after(61) == 1
    assert backoff.failures == 1


@pytest.mark.parametrize("ran", [0, 10, 59.9])
def test_an_early_end_is_counted(ran: float) -> None:
    backoff = Backoff()
    backoff.after(ran)
    backoff.after(ran)
    assert backoff.failures == 2


def test_a_thousand_failures_still_wait_the_longest() -> None:
    backoff = Backoff(failures=1000)
    assert backoff.after(0) == 30
