"""Reading containers: the mirror, and questions to the host."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from engine_agent.protocol.bodies import ContainerInspect, ContainerLogs
from hosts import dispatch
from hosts.models import Container, Host
from hosts.selectors.hosts import host_get
from portal.people.access import Actor
from portal.problems import NotFound

MAX_TAIL = 5000
MASK = "••••••"


@dataclass(frozen=True)
class LogText:
    """Lines of a container. truncated: older lines were cut."""

    text: str
    truncated: bool = False


def container_list(
    *, actor: Actor, host: Host | None = None, query: str = "", state: str = "", health: str = "", project: str = ""
) -> "QuerySet[Container]":
    """Containers the actor may see (host selected along), by name. query: part of name, image or id."""
    rows = Container.objects.select_related("host")
    teams = actor.team_ids()
    if teams is not None:
        rows = rows.filter(host__team_id__in=teams)
    if host is not None:
        rows = rows.filter(host=host)
    if query:
        rows = rows.filter(Q(name__icontains=query) | Q(image__icontains=query) | Q(cid__startswith=query.lower()))
    for name, value in (("state", state), ("health", health), ("project", project)):
        if value:
            rows = rows.filter(**{name: value})
    return rows.order_by("name", "id")


def container_get(*, actor: Actor, host_id: UUID | str, cid: str) -> Container:
    """By full id, a unique id prefix of at least 4 characters, or name. Raises NotFound."""
    host = host_get(actor=actor, host_id=host_id)
    rows = Container.objects.select_related("host", "host__team").filter(host=host)
    found = rows.filter(cid=cid).first() or rows.filter(name=cid.lstrip("/")).first()
    if found is None and len(cid) >= 4:
        near = list(rows.filter(cid__startswith=cid)[:2])
        found = near[0] if len(near) == 1 else None
    if found is None:
        raise NotFound(f"There is no container {cid[:80]} on {host.name}, or it has gone.", code="container-not-found")
    return found


def container_logs(
    *, actor: Actor, container: Container, tail: int = 200, since: float = 0, timestamps: bool = False
) -> LogText:
    """Asks the host. Raises HostAway, Unavailable (timeout), NotFound."""
    _require_visible(actor, container)
    body = ContainerLogs(
        cid=container.cid, tail=max(1, min(tail, MAX_TAIL)), since=max(0.0, since), timestamps=timestamps
    )
    answer = dispatch.query(container.host, body)
    return LogText(str(answer.get("text", "")), bool(answer.get("truncated", False)))


def container_inspect(*, actor: Actor, container: Container) -> dict[str, Any]:
    """The Engine API's inspect object, asked of the host; environment values are masked. Raises HostAway."""
    _require_visible(actor, container)
    answer = dispatch.query(container.host, ContainerInspect(cid=container.cid))
    config = answer.get("Config")
    if isinstance(config, dict) and isinstance(config.get("Env"), list):
        config["Env"] = [f"{str(entry).partition('=')[0]}={MASK}" for entry in config["Env"]]
    return answer


def _require_visible(actor: Actor, container: Container) -> None:
    teams = actor.team_ids()
    if teams is not None and container.host.team_id not in teams:
        raise NotFound("There is no such container, or it belongs to a team you are not in.")
