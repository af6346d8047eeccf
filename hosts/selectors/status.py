"""What is true of applications now: the last deployment that counts, held against the mirrored containers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from hosts.models import Application, Container, Deployment, Host, Revision
from hosts.models.deployments import OPEN_DEPLOYMENTS, DeploymentState
from hosts.models.hosts import HostState
from hosts.models.mirror import ContainerState
from hosts.selectors.hosts import facts_observed_at

ONEOFF = "com.docker.compose.oneoff"


@dataclass(frozen=True)
class ServiceStatus:
    """One service. state: running, done, starting, unhealthy, partial, stopped, missing or unknown (its host is away).

    done: what was to run once ended well before its deployment did.
    """

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
    """state: running, done, starting, degraded, stopped, deploying, never-deployed, removing or unknown.

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


@dataclass(frozen=True)
class _Known:
    """What one application's status is made of. plan: of the deployment that says what should run."""

    application: Application
    newest: Deployment | None
    good: Deployment | None
    containers: Sequence[Container]
    hosts: dict[str, Host]

    @property
    def plan(self) -> dict[str, Any]:
        chosen = self.good or self.newest
        return chosen.plan if chosen else {}


def application_status(*, application: Application) -> ApplicationStatus:
    """Of one application."""
    return application_statuses(applications=[application])[application.pk]


def application_statuses(*, applications: Iterable[Application]) -> dict[UUID, ApplicationStatus]:
    """The same for a page of applications, in a fixed number of queries."""
    rows = list(applications)
    newest, good = _deployments(rows)
    containers: dict[tuple[int, str], list[Container]] = {}
    found = Container.objects.filter(
        project__in={row.name for row in rows}, host__team_id__in={row.team_id for row in rows}
    ).prefetch_related("host")  # joined, its facts would be read once for each container
    for container in found.order_by("service", "name"):
        if str(container.labels.get(ONEOFF, "")).lower() != "true":
            containers.setdefault((container.host.team_id, container.project), []).append(container)
    planned = {host["host_id"] for one in (*newest.values(), *good.values()) for host in one.plan.get("hosts", ())}
    hosts = {str(host.pk): host for host in Host.objects.filter(pk__in=planned)}
    return {
        row.pk: _status(
            _Known(row, newest.get(row.pk), good.get(row.pk), containers.get((row.team_id, row.name), []), hosts)
        )
        for row in rows
    }


def container_done(*, container: Container, deployment: Deployment | None) -> bool:
    """Whether its work was done when the deployment succeeded: it had ended well by then, as what runs once does."""
    if deployment is None or deployment.finished_at is None or container.finished is None:
        return False
    ended = container.state == ContainerState.EXITED and container.exit_code == 0
    return ended and container.finished <= deployment.finished_at


def _deployments(rows: Sequence[Application]) -> tuple[dict[UUID, Deployment], dict[UUID, Deployment]]:
    """The newest deployment of each application, and the newest that succeeded."""
    of_each = Deployment.objects.filter(application=OuterRef("pk")).order_by("-created_at", "-id")
    ids = (
        Application.objects.filter(pk__in=[row.pk for row in rows])
        .order_by()
        .annotate(
            newest_id=Subquery(of_each.values("pk")[:1]),
            good_id=Subquery(of_each.filter(state=DeploymentState.SUCCEEDED).values("pk")[:1]),
        )
        .values_list("pk", "newest_id", "good_id")
    )
    pairs = list(ids)
    wanted = {one for _, newest, good in pairs for one in (newest, good) if one}
    found = Deployment.objects.select_related("revision", "started_by").in_bulk(wanted)
    newest = {pk: found[one] for pk, one, _ in pairs if one in found}
    good = {pk: found[one] for pk, _, one in pairs if one in found}
    return newest, good


def _status(known: _Known) -> ApplicationStatus:
    services = _services(known)
    hosts = sorted({name for service in services for name in service.hosts})
    started = [
        container.started for container in known.containers if container.started and container.state == "running"
    ]
    observed = [
        moment
        for container in known.containers
        if (moment := facts_observed_at(host=container.host, row_observed_at=container.observed_at))
    ]
    state = _state(known, services)
    since = max(started, default=None) if state == "running" else None
    return ApplicationStatus(
        state=state,
        sentence=_sentence(state, services, hosts, since, known),
        services=services,
        hosts=tuple(hosts),
        since=since,
        observed_at=min(observed, default=None),
        deployed=known.good.revision if known.good else None,
        last_deployment=known.newest,
    )


def _services(known: _Known) -> tuple[ServiceStatus, ...]:
    wanted: dict[str, list[tuple[str, str]]] = {}
    for host in known.plan.get("hosts", ()):
        for one in host["containers"]:
            if one["action"] != "remove":
                wanted.setdefault(one["service"], []).append((host["host_id"], one["image"]))
    there: dict[str, list[Container]] = {}
    for container in known.containers:
        there.setdefault(container.service, []).append(container)
    names = list(dict.fromkeys([*wanted, *there]))
    return tuple(_service(name, wanted.get(name, []), there.get(name, []), known) for name in names)


def _service(name: str, wanted: list[tuple[str, str]], there: list[Container], known: _Known) -> ServiceStatus:
    hosts = known.hosts
    running = [one for one in there if one.state == "running"]
    healthy = [one for one in running if one.health in ("", "none", "healthy")]
    planned = {hosts[host_id] for host_id, _ in wanted if host_id in hosts} or {one.host for one in there}
    away = bool(planned) and all(host.state != HostState.ONLINE for host in planned)
    image = wanted[0][1] if wanted else (there[0].image if there else "")
    on = {one.host.name for one in there} or {host.name for host in planned}
    count = len(wanted) or len(there)
    done = sum(container_done(container=one, deployment=known.good) for one in there)
    state = "unknown" if away else _service_state(count - done, there, running, healthy)
    return ServiceStatus(name, image, count, len(running), len(healthy), state, tuple(there), tuple(sorted(on)))


def _service_state(wanted: int, there: list[Container], running: list[Container], healthy: list[Container]) -> str:
    if any(one.health == "unhealthy" for one in running) or any(one.state == "restarting" for one in there):
        return "unhealthy"
    if wanted <= 0 and not running:
        return "done"
    if not running:
        return "stopped" if there else "missing"
    if len(running) < wanted:
        return "partial"
    return "running" if len(healthy) >= wanted else "starting"


def _state(known: _Known, services: Sequence[ServiceStatus]) -> str:
    if known.application.removing_at is not None:
        return "removing"
    if known.newest is not None and known.newest.state in OPEN_DEPLOYMENTS:
        return "deploying"
    if known.newest is None and not services:
        return "never-deployed"
    states = {service.state for service in services}
    if states == {"done"}:
        return "done"
    states.discard("done")
    if states == {"running"}:
        return "running"
    if states <= {"stopped", "missing"}:
        return "stopped"
    if states <= {"running", "starting"}:
        return "starting"
    return "unknown" if states == {"unknown"} else "degraded"


def _sentence(
    state: str, services: Sequence[ServiceStatus], hosts: Sequence[str], since: datetime | None, known: _Known
) -> str:
    fixed = {
        "removing": "It is being removed.",
        "never-deployed": "It has never been deployed.",
        "unknown": f"Not known: {_listed(hosts)} not connected.",
    }
    if state in fixed:
        return fixed[state]
    if state == "deploying" and known.newest is not None:
        return f"Revision {known.newest.revision.number} is being deployed."
    if not services:
        return "Nothing of it is running."
    checked = all(one.health == "healthy" for service in services for one in service.containers)
    good = sum(service.state in {"running", "done"} for service in services)
    word = "done" if state == "done" else "healthy" if checked and good else "running"
    noun = "service" if len(services) == 1 else "services"
    text = f"{good} of {len(services)} {noun} {word}"
    if hosts:
        text += f" on {hosts[0]}" if len(hosts) == 1 else f" on {len(hosts)} hosts"
    return f"{text} since {_clock(since)}" if since else text


def _listed(hosts: Sequence[str]) -> str:
    if not hosts:
        return "its host is"
    return f"{hosts[0]} is" if len(hosts) == 1 else f"{', '.join(hosts[:3])} are"


def _clock(moment: datetime) -> str:
    """The time of a moment today, else its date. In UTC, as every absolute time."""
    now = timezone.now()
    return moment.strftime("%H:%M") if moment.date() == now.date() else moment.strftime("%Y-%m-%d")
