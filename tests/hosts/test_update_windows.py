"""Time windows: open, closed, across midnight and changes of clocks, and what is refused by name."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from hosts.update_windows import Window, WindowRefused, is_open, next_opening, window_read

NIGHT = Window((5,), time(23), time(2), "Europe/Berlin")  # Saturday night
USUAL: dict[str, Any] = {"weekdays": ["mon"], "opens": "02:00", "closes": "04:30", "zone": "Europe/Berlin"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-28 21:59", False),  # Saturday, 22:59 in Berlin
        ("2026-11-28 22:00", True),
        ("2026-11-29 00:59", True),  # Sunday, but it opened on Saturday
        ("2026-11-29 01:00", False),
        ("2026-11-29 22:30", False),
        ("2026-07-04 21:00", True),  # in summer an hour earlier in UTC
    ],
)
def test_a_window_across_midnight(moment: str, expected: bool) -> None:
    assert is_open([NIGHT], at(moment)) is expected


def test_the_same_time_twice_is_a_whole_day() -> None:
    day = Window((0,), time(6), time(6))
    assert is_open([day], at("2026-11-24 05:59"))
    assert not is_open([day], at("2026-11-24 06:00"))


def test_the_next_opening_is_the_first_of_all() -> None:
    later = Window((3,), time(4), time(5))
    assert next_opening([later, NIGHT], at("2026-11-25 12:00")) == at("2026-11-26 04:00")
    assert next_opening([later, NIGHT], at("2026-11-26 04:00")) == at("2026-11-28 22:00")
    assert next_opening([], at("2026-11-26 04:00")) is None


def test_a_time_that_clocks_leave_out_is_an_hour_later() -> None:
    gap = Window((6,), time(2, 30), time(4), "Europe/Berlin")  # 2026-03-29: 02:00 becomes 03:00
    assert next_opening([gap], at("2026-03-28 12:00")) == at("2026-03-29 01:30")


def test_a_window_is_read() -> None:
    given = {**USUAL, "weekdays": ["Sun", "mon", "monday"]}
    assert window_read(given) == Window((0, 6), time(2), time(4, 30), "Europe/Berlin")
    assert window_read({**USUAL, "zone": ""}).zone == "UTC"


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("weekdays", [], "at least one day"),
        ("weekdays", ["mon", "someday"], "mon, tue"),
        ("opens", "25:00", "25:00"),
        ("opens", "", "02:30"),
        ("closes", "2", "02:30"),
        ("closes", "02:00:00.5", "02:30"),
        ("zone", "Europe/Atlantis", "no time zone called Europe/Atlantis"),
        ("zone", "../../etc/passwd", "no time zone"),
    ],
)
def test_what_is_wrong_is_refused_by_name(field: str, value: Any, word: str) -> None:
    with pytest.raises(WindowRefused, match=word) as refused:
        window_read({**USUAL, field: value})
    assert refused.value.field == field
