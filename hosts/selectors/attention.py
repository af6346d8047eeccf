"""What the home page tells: what needs attention, and what changed last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from hosts.disks import AGENT, full_disks
from hosts.models import Application, Command, Container, Deployment, Host
from hosts.models.deployments import OPEN_DEPLOYMENTS, DeploymentState
from hosts.models.hosts import HostState
from hosts.selectors.status import ServiceStatus, application_statuses
from hosts.selectors.updates import update_count
from portal.people.access import Actor
from portal.people.selectors.teams import rows_of_teams

STUCK_QUEUED = timedelta(minutes=2)
STUCK_RUNNING = timedelta(minutes=30)
CONFLICT_SHOWN = timedelta(minutes=10)
GONE = {"missing", "stopped", "partial"}


@dataclass(frozen=True)
class Attention:
    """One thing to look at. level: error or warning. url_name and url_kwargs are for `reverse`.

    kind: host-away, host-stale, host-waiting, host-conflict, engine-down, disk-full, deployment-failed,
    deployment-stuck, application-degraded, application-stopped, unhealthy, restarting, updates.
    """

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
    """Worst first, then the newest."""
    rows = [
        *_deployments(actor, limit),
        *_hosts(actor),
        *_applications(actor),
        *_containers(actor, limit),
        *_updates(actor),
    ]
    rows.sort(key=lambda row: (row.level != "error", -(row.since.timestamp() if row.since else 0)))
    return rows[:limit]


def change_list(*, actor: Actor, limit: int = 12) -> Sequence[Change]:
    """Newest first: deployments, what was done to containers and images, hosts that came."""
    teams = actor.team_ids()
    deployments = Deployment.objects.select_related("application", "revision", "started_by").order_by("-created_at")
    commands = (
        Command.objects.exclude(kind__in=["deploy"])
        .select_related("host", "created_by")
        .defer("body")
        .order_by("-created_at")
    )
    hosts = Host.objects.order_by("-created_at")
    if teams is not None:
        deployments = deployments.filter(application__team_id__in=teams)
        commands = commands.filter(host__team_id__in=teams)
        hosts = hosts.filter(team_id__in=teams)
    rows = [
        *(_of_deployment(one) for one in deployments[:limit]),
        *(_of_command(one) for one in commands[:limit]),
        *(_of_host(one) for one in hosts[:limit]),
    ]
    rows.sort(key=lambda row: row.at, reverse=True)
    return rows[:limit]


def first_run(*, actor: Actor) -> FirstRun:
    """Three EXISTS queries."""
    teams = actor.team_ids()
    hosts, applications = Host.objects.filter(revoked_at=None), Application.objects.all()
    good = Deployment.objects.filter(state=DeploymentState.SUCCEEDED)
    if teams is not None:
        hosts = hosts.filter(team_id__in=teams)
        applications = applications.filter(team_id__in=teams)
        good = good.filter(application__team_id__in=teams)
    return FirstRun(hosts.exists(), applications.exists(), good.exists())


def _of_deployment(one: Deployment) -> Change:
    title = f"{one.application.name}, revision {one.revision.number}"
    who = one.started_by.label if one.started_by else ""
    at = one.finished_at or one.created_at
    return Change(at, "deployment", one.state, title, who, "hosts:deployment", {"deployment_id": one.pk})


def _of_command(one: Command) -> Change:
    who = one.created_by.label if one.created_by else ""
    at = one.finished_at or one.created_at
    title = f"{one.summary} on {one.host.name}"
    return Change(at, "command", one.state, title, who, "hosts:detail", {"host_id": one.host_id})


def _of_host(one: Host) -> Change:
    title = f"{one.name} was enrolled"
    return Change(one.created_at, "host", one.state.value, title, "", "hosts:detail", {"host_id": one.pk})


def _hosts(actor: Actor) -> Iterator[Attention]:
    rows = rows_of_teams(Host.objects.filter(revoked_at=None), actor)
    now = timezone.now()
    for host in rows.only(
        "name",
        "link",
        "last_seen_at",
        "revoked_at",
        "waiting_since",
        "engine_error",
        "conflict",
        "facts",
        "observed_at",
        "created_at",
    ):
        where: tuple[str, dict[str, Any]] = ("hosts:detail", {"host_id": host.pk})
        state, seen = host.state, host.last_seen_at
        if state == HostState.WAITING:
            detail = "An admin of the team has to approve the machine before it is used."
            title = f"{host.name} waits for approval"
            yield Attention("host-waiting", "warning", title, detail, host.waiting_since, *where)
        elif state == HostState.OFFLINE:
            detail = "Its agent is not connected. Is the machine on?" if seen else "Its agent has never connected."
            yield Attention("host-away", "error", f"{host.name} is offline", detail, seen or host.created_at, *where)
        elif state == HostState.STALE:
            detail = "Its agent is connected and silent; what we show of it may have changed."
            yield Attention("host-stale", "warning", f"{host.name} is stale", detail, seen, *where)
        elif host.engine_error:
            title = f"The engine on {host.name} does not answer"
            yield Attention("engine-down", "error", title, host.engine_error, host.observed_at, *where)
        if disks := full_disks(host.facts):
            title = f"A disk of {host.name} is full"
            detail = "Its agent takes no commands until there is room." if AGENT in disks else "Its engine has no room."
            yield Attention("disk-full", "error", title, detail, host.observed_at, *where)
        at = parse_datetime(str(host.conflict.get("at", ""))) if host.conflict else None
        if at is not None and now - at < CONFLICT_SHOWN:
            title = f"Another machine has the identity of {host.name}"
            yield Attention("host-conflict", "warning", title, str(host.conflict.get("detail", "")), at, *where)


def _updates(actor: Actor) -> Iterator[Attention]:
    if count := update_count(actor):
        title = f"{count} {'image that runs has' if count == 1 else 'images that run have'} an update"
        yield Attention("updates", "warning", title, "Their tags name another image now.", None, "hosts:updates")


def _deployments(actor: Actor, limit: int) -> Iterator[Attention]:
    """The newest deployment of each application, when it ended badly or does not get on."""
    applications = rows_of_teams(Application.objects.all(), actor)
    newest = Deployment.objects.filter(application=OuterRef("pk")).order_by("-created_at", "-id").values("pk")[:1]
    now = timezone.now()
    bad = Q(state__in=[DeploymentState.FAILED, DeploymentState.ROLLED_BACK])
    stuck = Q(state=DeploymentState.QUEUED, created_at__lt=now - STUCK_QUEUED) | Q(
        state=DeploymentState.RUNNING, started_at__lt=now - STUCK_RUNNING
    )
    ids = applications.order_by().annotate(newest_id=Subquery(newest)).values("newest_id")
    rows = Deployment.objects.filter(bad | stuck, pk__in=ids).select_related("application", "revision")
    for one in rows.order_by("-created_at")[:limit]:
        where: tuple[str, dict[str, Any]] = ("hosts:deployment", {"deployment_id": one.pk})
        name = f"{one.application.name}, revision {one.revision.number}"
        if one.state in OPEN_DEPLOYMENTS:
            title = f"The deployment of {name} does not get on"
            detail = "It waits for a host that is not connected." if one.state == DeploymentState.QUEUED else ""
            yield Attention("deployment-stuck", "warning", title, detail, one.started_at or one.created_at, *where)
        else:
            back = one.state == DeploymentState.ROLLED_BACK
            title = f"The deployment of {name} {'was rolled back' if back else 'failed'}"
            yield Attention("deployment-failed", "error", title, one.error[:300], one.finished_at, *where)


def _applications(actor: Actor) -> Iterator[Attention]:
    """Applications of which something that was deployed is missing or has stopped. What is unwell has its own row."""
    rows = rows_of_teams(Application.objects.all(), actor)
    applications = {row.pk: row for row in rows}
    for pk, status in application_statuses(applications=applications.values()).items():
        gone = [one for one in status.services if one.state in GONE]
        if status.deployed is None or status.state not in {"degraded", "stopped"} or not gone:
            continue
        name, state = applications[pk].name, status.state
        detail = "; ".join(_gone(one) for one in gone[:3])
        ended = [one.finished for service in gone for one in service.containers if one.finished]
        since = max(ended, default=None)  # when something that is missing went is not known
        where = {"application_id": pk}
        level = "error" if state == "stopped" else "warning"
        yield Attention(f"application-{state}", level, f"{name} is {state}", detail, since, "hosts:application", where)


def _gone(service: ServiceStatus) -> str:
    """One service in words: "web has stopped with exit code 1"."""
    if service.state == "partial":
        return f"{service.running} of {service.wanted} of {service.name} are running"
    codes = {one.exit_code for one in service.containers if one.exit_code is not None}
    if service.state == "missing":
        return f"{service.name} is missing"
    return f"{service.name} has stopped{f' with exit code {max(codes)}' if codes else ''}"


def _containers(actor: Actor, limit: int) -> Iterator[Attention]:
    """Containers that are up and not well. Of hosts that are away nothing is claimed."""
    teams = actor.team_ids()
    rows = Container.objects.filter(Q(health="unhealthy", state="running") | Q(state__in=["restarting", "dead"]))
    if teams is not None:
        rows = rows.filter(host__team_id__in=teams)
    for one in rows.select_related("host").order_by("-observed_at")[: limit * 2]:
        if one.host.state != HostState.ONLINE:
            continue
        kind = "unhealthy" if one.health == "unhealthy" else "restarting"
        word = "unhealthy" if kind == "unhealthy" else f"{one.state} (exit code {one.exit_code})"
        where = {"host_id": one.host_id, "cid": one.cid}
        detail = f"On {one.host.name}, from {one.image}."
        yield Attention(kind, "error", f"{one.name} is {word}", detail, one.observed_at, "hosts:container", where)
