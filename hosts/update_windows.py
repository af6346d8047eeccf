"""Time windows of updates: when they are open, when one opens next, and which are refused. Pure.

A window opens on some days of the week at a local time of a zone, and closes at another; on the next day when that is
not after the first. Where clocks change, a time that does not exist counts as the moment an hour later.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST = 20  # windows of one application or team
AHEAD = 9  # days that are looked at for the next opening


class WindowRefused(ValueError):
    """field: weekdays, opens, closes or zone; the message is a sentence with what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Window:
    """weekdays: of the day on which it opens, 0 is Monday, in order. zone: an IANA name."""

    weekdays: tuple[int, ...]
    opens: time
    closes: time
    zone: str = "UTC"

    @property
    def days(self) -> tuple[str, ...]:
        """The days by name: ("mon", "tue")."""
        return tuple(DAYS[one] for one in self.weekdays)

    def opening(self, day: date) -> tuple[datetime, datetime] | None:
        """From when to when it is open, when it opens on that day; in UTC."""
        if day.weekday() not in self.weekdays:
            return None
        zone = ZoneInfo(self.zone)
        last = day if self.closes > self.opens else day + timedelta(days=1)
        start, end = datetime.combine(day, self.opens, zone), datetime.combine(last, self.closes, zone)
        return start.astimezone(UTC), end.astimezone(UTC)


def window_read(given: Mapping[str, Any]) -> Window:
    """From {"weekdays": ["mon", ...], "opens": "02:00", "closes": "04:30", "zone": "Europe/Berlin"}.

    Raises WindowRefused with the name of the field.
    """
    named = [str(one).strip().lower()[:3] for one in given.get("weekdays") or ()]
    unknown = [one for one in named if one not in DAYS]
    if unknown or not named:
        raise WindowRefused("weekdays", _("Choose at least one day of: %(days)s.") % {"days": ", ".join(DAYS)})
    zone = str(given.get("zone") or "UTC").strip()
    if zone not in available_timezones():
        text = _("There is no time zone called %(zone)s. Use a name like Europe/Berlin, or UTC.")
        raise WindowRefused("zone", text % {"zone": zone[:64]})
    days = tuple(sorted({DAYS.index(one) for one in named}))
    return Window(days, _time(given, "opens"), _time(given, "closes"), zone)


def _time(given: Mapping[str, Any], field: str) -> time:
    text = str(given.get(field) or "").strip()
    try:
        if len(text) != 5:
            raise ValueError
        return time.fromisoformat(text)
    except ValueError:
        message = _("“%(text)s” is not a time of day. Write hours and minutes, as 02:30.") % {"text": text[:20]}
        raise WindowRefused(field, message) from None


def is_open(windows: Iterable[Window], now: datetime) -> bool:
    """Whether one of them is open."""
    return any(start <= now < end for start, end in _openings(list(windows), now))


def next_opening(windows: Sequence[Window], now: datetime) -> datetime | None:
    """When the next one opens; None when there is no window."""
    return min((start for start, _end in _openings(windows, now) if start > now), default=None)


def _openings(windows: Sequence[Window], now: datetime) -> list[tuple[datetime, datetime]]:
    found = []
    for window in windows:
        today = now.astimezone(ZoneInfo(window.zone)).date()
        spans = [window.opening(today + timedelta(days=ahead)) for ahead in range(-1, AHEAD)]
        found += [span for span in spans if span]
    return found
