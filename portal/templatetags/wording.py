"""How quantities are written: bytes, numbers, durations, ages, ids, image references. Pure functions."""

import math
import re
from datetime import datetime, timedelta

from django.utils import formats
from django.utils.translation import gettext as _

DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB")
BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{12})[0-9a-f]{52}")
NO_SPACE_LOST = "\u00a0"


def _scaled(value: float, step: int, units: tuple[str, ...]) -> str:
    size = float(value)
    index = 0
    while abs(size) >= step and index < len(units) - 1:
        size /= step
        index += 1
    digits = 0 if index == 0 or abs(size) >= 100 else 1
    if round(abs(size), digits) >= step and index < len(units) - 1:  # 999.96 kB is 1.0 MB
        size /= step
        index += 1
        digits = 1
    shown = round(size, digits)  # Django's number_format cuts digits off instead of rounding
    return f"{formats.number_format(shown, digits)}{NO_SPACE_LOST}{units[index]}"


def bytes_text(value: float) -> str:
    """Sizes in decimal units, as `docker images` and registries write them: 1500000000 -> "1.5 GB"."""
    return _scaled(value, 1000, DECIMAL)


def memory_text(value: float) -> str:
    """Memory in binary units, as `docker stats` writes it: 1073741824 -> "1.0 GiB"."""
    return _scaled(value, 1024, BINARY)


def number_text(value: float) -> str:
    """A whole number with the language's thousands separator: 12345 -> "12,345"."""
    return formats.number_format(round(value), 0, use_l10n=True, force_grouping=True)


def number_short(value: float) -> str:
    """A large count in few characters, rounded down so that it never promises more: 1234567 -> "1.2M"."""
    for limit, unit in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")):
        if abs(value) >= limit:
            scaled = value / limit
            digits = 0 if abs(scaled) >= 100 else 1
            factor = 10**digits
            shown = math.floor(abs(scaled) * factor) / factor * (1 if scaled > 0 else -1)
            return f"{formats.number_format(shown, digits if shown % 1 else 0)}{unit}"
    return str(round(value))


def duration_text(value: timedelta | float) -> str:
    """A span of time in its two largest units: 125 -> "2 min 5 s", 0.42 -> "0.4 s", 90000 -> "1 d 1 h"."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 0:
        seconds = 0.0
    if seconds < 10:
        return _("%(count)s s") % {"count": formats.number_format(round(seconds, 1), 1)}
    whole = round(seconds)
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    parts = [
        (days, _("%(count)s d")),
        (hours, _("%(count)s h")),
        (minutes, _("%(count)s min")),
        (left, _("%(count)s s")),
    ]
    first = next(index for index, (count, _unit) in enumerate(parts) if count or index == 3)
    return " ".join(unit % {"count": count} for count, unit in parts[first : first + 2] if count or first == 3)


def age_text(moment: datetime, now: datetime) -> str:
    """How long ago `moment` was, in one unit: "just now", "12 s ago", "3 min ago", "9 d ago"; ahead: "in 5 min".

    static/js/time.js writes the same words, so that a page does not jump when the script takes over.
    """
    seconds = (now - moment).total_seconds()
    ahead = seconds < -2
    span = abs(seconds)
    if span < 2:
        return _("just now")
    for limit, unit_seconds, unit in (
        (60, 1, _("%(count)s s")),
        (3_600, 60, _("%(count)s min")),
        (86_400, 3_600, _("%(count)s h")),
        (math.inf, 86_400, _("%(count)s d")),
    ):
        if span < limit:
            amount = unit % {"count": int(span // unit_seconds)}
            return _("in %(amount)s") % {"amount": amount} if ahead else _("%(amount)s ago") % {"amount": amount}
    raise AssertionError("unreachable: the last limit is infinite")


def short_id(value: str) -> str:
    """The first twelve characters of an id or digest, without `sha256:`, as the Docker client shows it."""
    return value.removeprefix("sha256:")[:12]


def image_short(reference: str) -> str:
    """An image reference for a narrow place: default registry and `library/` dropped, a digest cut to twelve digits."""
    for prefix in ("docker.io/library/", "docker.io/", "index.docker.io/library/", "index.docker.io/"):
        if reference.startswith(prefix):
            reference = reference[len(prefix) :]
            break
    name, at, digest = reference.partition("@")
    if at:
        return f"{name}@{short_id(digest)}"
    whole = DIGEST.fullmatch(reference)
    return whole.group(1) if whole else reference
