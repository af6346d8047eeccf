"""Reading applications, and what is true of them now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from hosts.models import Application, Container, Deployment, Revision
from portal.people.access import Actor


@dataclass(frozen=True)
class ServiceStatus:
    """One service. state: running, starting, unhealthy, partial, stopped, missing or unknown (its host is away)."""

    name: str
    image: str
    wanted: int
    running: int
    healthy: int
    state: str
    containers: tuple[Container, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApplicationStatus:
    """state: running, starting, degraded, stopped, deploying, never-deployed, removing or unknown.

    sentence: e.g. "3 of 3 services healthy on 2 hosts since 10:41". observed_at: of the oldest fact used, None = none.
    """

    state: str
    sentence: str
    services: tuple[ServiceStatus, ...] = ()
    hosts: tuple[str, ...] = ()
    since: datetime | None = None
    observed_at: datetime | None = None
    deployed: Revision | None = None
    last_deployment: Deployment | None = None


def application_list(*, actor: Actor, query: str = "", team_id: int | None = None) -> "QuerySet[Application]":
    raise NotImplementedError


def application_get(*, actor: Actor, application_id: UUID | str) -> Application:
    """Raises NotFound."""
    raise NotImplementedError


def application_status(*, application: Application) -> ApplicationStatus:
    raise NotImplementedError


def application_statuses(*, applications: Iterable[Application]) -> dict[UUID, ApplicationStatus]:
    """The same for a page of applications, in a fixed number of queries."""
    raise NotImplementedError


def revision_list(*, application: Application) -> Sequence[Revision]:
    """Newest first."""
    raise NotImplementedError


def revision_get(
    *, application: Application, number: int | None = None, revision_id: UUID | str | None = None
) -> Revision:
    """By number or id; the newest when neither is given. Raises NotFound."""
    raise NotImplementedError
