"""Reading hosts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from hosts.models import Container, Enrolment, Host, Image, Network, Volume
from hosts.models.hosts import OFFLINE_AFTER, STALE_AFTER, HostState
from portal.people.access import Actor, Permission
from portal.people.selectors.teams import rows_of_teams
from portal.problems import NotFound


@dataclass(frozen=True)
class HostCounts:
    """How many hosts are in each state."""

    total: int = 0
    online: int = 0
    stale: int = 0
    offline: int = 0
    revoked: int = 0
    waiting: int = 0


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

    query: part of name, os name or architecture; label: "name" or "name=value".
    """
    rows = _visible(actor).select_related("team")
    if query:
        rows = rows.filter(Q(name__icontains=query) | Q(os_name__icontains=query) | Q(architecture__icontains=query))
    if os:
        rows = rows.filter(os=os)
    if team_id is not None:
        rows = rows.filter(team_id=team_id)
    if state:
        rows = rows.filter(state_filter(state))
    if label:
        name, has_value, value = label.partition("=")
        lookup = {f"labels__{name}": value} if has_value else {"labels__has_key": name}
        rows = rows.filter(**lookup)
    held = Container.objects.filter(host=OuterRef("pk"))
    return rows.annotate(container_count=_count(held), running_count=_count(held.filter(state="running"))).order_by(
        "name", "id"
    )


def _count(rows: "QuerySet[Container]") -> Coalesce:
    """A count for each host of the page alone; a join would count for all hosts before the page is cut."""
    counted = rows.order_by().values("host").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def state_filter(state: str, now: datetime | None = None) -> Q:
    """The rows whose `Host.state` is `state`; nothing for a word that is no state."""
    now = now or timezone.now()
    mine = Q(revoked_at=None, waiting_since=None)
    linked = mine & ~Q(link="")
    stale_since, offline_since = now - STALE_AFTER, now - OFFLINE_AFTER
    filters = {
        HostState.REVOKED: Q(revoked_at__isnull=False),
        HostState.ONLINE: linked & Q(last_seen_at__gte=stale_since),
        HostState.STALE: linked & Q(last_seen_at__lt=stale_since, last_seen_at__gte=offline_since),
        HostState.OFFLINE: mine & (Q(link="") | Q(last_seen_at__lt=offline_since) | Q(last_seen_at=None)),
        HostState.WAITING: Q(revoked_at=None, waiting_since__isnull=False),
    }
    return filters.get(HostState(state), Q(pk=None)) if state in HostState.values else Q(pk=None)


def host_get(*, actor: Actor, host_id: UUID | str) -> Host:
    """Raises NotFound."""
    try:
        return _visible(actor).select_related("team").get(pk=UUID(str(host_id)))
    except (Host.DoesNotExist, ValueError):
        raise NotFound("There is no such host, or it belongs to a team you are not in.") from None


def host_counts(*, actor: Actor) -> HostCounts:
    """In one query."""
    now = timezone.now()
    counts = _visible(actor).aggregate(
        total=Count("pk"), **{state.value: Count("pk", filter=state_filter(state, now)) for state in HostState}
    )
    return HostCounts(**counts)


def host_load(*, host: Host) -> HostLoad:
    """In four queries."""
    containers = Container.objects.filter(host=host).aggregate(
        containers=Count("pk"),
        running=Count("pk", filter=Q(state="running")),
        unhealthy=Count("pk", filter=Q(health="unhealthy")),
    )
    images = Image.objects.filter(host=host).aggregate(images=Count("pk"), image_bytes=Sum("size"))
    return HostLoad(
        **containers,
        images=images["images"],
        image_bytes=images["image_bytes"] or 0,
        networks=Network.objects.filter(host=host).count(),
        volumes=Volume.objects.filter(host=host).count(),
    )


def facts_observed_at(*, host: Host, row_observed_at: datetime | None = None) -> datetime | None:
    """When what we show of a host (or of a mirrored row of it) was last known to be true; None = never.

    A row untouched for hours is still true while its host's event stream is in step, so it is as fresh as its host.
    """
    known = [moment for moment in (host.observed_at, row_observed_at) if moment is not None]
    return max(known, default=None)


def facts_fresh(*, host: Host) -> bool:
    """Whether facts of this host are within their refresh time; otherwise pages show their age."""
    if host.state != HostState.ONLINE or host.observed_at is None:
        return False
    return timezone.now() - host.observed_at <= STALE_AFTER


def age_seconds(moment: datetime | None) -> float | None:
    """Seconds since `moment`, never below zero; None when it is unknown."""
    return None if moment is None else max(0.0, round((timezone.now() - moment) / timedelta(seconds=1), 1))


def enrolment_list(*, actor: Actor) -> "QuerySet[Enrolment]":
    """Enrolments of teams where the actor may manage hosts, newest first."""
    rows = Enrolment.objects.order_by("-created_at", "-id")
    return rows_of_teams(rows, actor, permission=Permission.MANAGE_HOSTS)


def enrolment_get(*, actor: Actor, enrolment_id: UUID | str) -> Enrolment:
    """Raises NotFound; NotAllowed when the actor sees the team and may not manage its hosts."""
    try:
        row = Enrolment.objects.select_related("team").get(pk=UUID(str(enrolment_id)))
    except (Enrolment.DoesNotExist, ValueError):
        raise NotFound("There is no such enrolment, or it belongs to a team you are not in.") from None
    actor.require(Permission.MANAGE_HOSTS, row.team)
    return row


def _visible(actor: Actor) -> "QuerySet[Host]":
    return rows_of_teams(Host.objects.all(), actor)
