"""What the home page tells: what needs attention, and what changed last."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.people.access import Actor


@dataclass(frozen=True)
class Attention:
    """One thing to look at. level: error or warning. kind: host-away, host-stale, engine-down, deployment-failed,
    deployment-stuck, unhealthy, restarting. url_name and url_kwargs are for `reverse`."""

    kind: str
    level: str
    title: str
    detail: str
    since: datetime | None
    url_name: str
    url_kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One thing that changed. kind: deployment, command or host; state: the state it is in now."""

    at: datetime
    kind: str
    state: str
    title: str
    who: str
    url_name: str
    url_kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FirstRun:
    """The guide until a container runs: which of its steps are done."""

    has_host: bool
    has_application: bool
    has_success: bool

    @property
    def done(self) -> bool:
        return self.has_host and self.has_application and self.has_success


def attention_list(*, actor: Actor, limit: int = 20) -> Sequence[Attention]:
    """Worst first."""
    raise NotImplementedError


def change_list(*, actor: Actor, limit: int = 12) -> Sequence[Change]:
    """Newest first."""
    raise NotImplementedError


def first_run(*, actor: Actor) -> FirstRun:
    raise NotImplementedError
