"""Reading hosts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from hosts.models import Enrolment, Host
from portal.people.access import Actor


@dataclass(frozen=True)
class HostCounts:
    """How many hosts are in each state, and how many containers run on them."""

    total: int = 0
    online: int = 0
    stale: int = 0
    offline: int = 0
    revoked: int = 0


@dataclass(frozen=True)
class HostLoad:
    """What a host holds, counted in the mirror."""

    containers: int = 0
    running: int = 0
    unhealthy: int = 0
    images: int = 0
    image_bytes: int = 0
    networks: int = 0
    volumes: int = 0


def host_list(
    *, actor: Actor, query: str = "", state: str = "", os: str = "", label: str = "", team_id: int | None = None
) -> "QuerySet[Host]":
    """Hosts the actor may see, by name. Each has `container_count` and `running_count` annotated.

    query: part of name, os name or address; label: "name" or "name=value".
    """
    raise NotImplementedError


def host_get(*, actor: Actor, host_id: UUID | str) -> Host:
    """Raises NotFound."""
    raise NotImplementedError


def host_counts(*, actor: Actor) -> HostCounts:
    raise NotImplementedError


def host_load(*, host: Host) -> HostLoad:
    raise NotImplementedError


def facts_observed_at(*, host: Host, row_observed_at: datetime | None = None) -> datetime | None:
    """When what we show of a host (or of a mirrored row of it) was last known to be true; None = never.

    A row untouched for hours is still true while its host's event stream is in step, so it is as fresh as its host.
    """
    raise NotImplementedError


def facts_fresh(*, host: Host) -> bool:
    """Whether facts of this host are within their refresh time; otherwise pages show their age."""
    raise NotImplementedError


def enrolment_list(*, actor: Actor) -> "QuerySet[Enrolment]":
    """Enrolments of teams where the actor may manage hosts, newest first."""
    raise NotImplementedError


def enrolment_get(*, actor: Actor, enrolment_id: UUID | str) -> Enrolment:
    """Raises NotFound."""
    raise NotImplementedError
