"""How many pulls a registry still allows, as Docker Hub says with each manifest. [Docker docs, pull limits]"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_FIELD = re.compile(r"(\d{1,9})(?:;w=(\d{1,9}))?\Z")


@dataclass(frozen=True)
class PullLimit:
    """limit, remaining: pulls in `window` seconds; None: not told. source: whom it counts, an address or an account.

    seen_at: when it was said.
    """

    limit: int
    remaining: int | None
    window: int
    source: str
    seen_at: datetime

    @property
    def hours(self) -> int:
        """The window in hours."""
        return max(1, self.window // 3600)

    @property
    def low(self) -> bool:
        """Less than a tenth is left."""
        return self.remaining is not None and self.remaining * 10 < self.limit


def pull_limit(headers: Mapping[str, str], now: datetime | None = None) -> PullLimit | None:
    """What an answer about a manifest says of pulls; None when it says nothing."""
    limit = _FIELD.match(headers.get("ratelimit-limit", "").strip())
    remaining = _FIELD.match(headers.get("ratelimit-remaining", "").strip())
    if limit is None:
        return None
    return PullLimit(
        int(limit.group(1)),
        int(remaining.group(1)) if remaining else None,
        int(limit.group(2) or 21_600),
        headers.get("docker-ratelimit-source", "")[:120],
        now or datetime.now(UTC),
    )
