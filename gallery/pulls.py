"""How many pulls are left, as the registry last said, known to every process."""

from collections.abc import Callable

import msgspec

from .registry.pulls import PullLimit
from .sharing import shared

KEEP_SECONDS = 6 * 3600.0
PROBE = ("ratelimitpreview/test", "latest")  # Docker's own image for this question


def pulls_note(host: str, account: str = "") -> Callable[[PullLimit], None]:
    """For a client of `host`, asked as `account` ("" for nobody): remembers what it says."""

    def note(limit: PullLimit) -> None:
        shared().write(_key(host, account), msgspec.json.encode(limit), KEEP_SECONDS)

    return note


def pulls_left(host: str, account: str = "") -> PullLimit | None:
    """What `host` last said of pulls, None when it said nothing in the last six hours."""
    raw = shared().read(_key(host, account))
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw, type=PullLimit)
    except msgspec.DecodeError:
        return None


def _key(host: str, account: str) -> str:
    return f"pulls:{host}:{account}"
