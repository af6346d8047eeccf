"""Reading clusters: who is in, and what the swarm itself says now, asked of a manager."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from engine_agent.protocol.swarm import SwarmInspect
from hosts import dispatch
from hosts.models import Cluster, ClusterMember, Host
from hosts.models.clusters import MemberState
from hosts.models.hosts import HostState
from hosts.services.clusters import manager_host
from portal.people.access import Actor
from portal.people.selectors.teams import rows_of_teams
from portal.problems import NotFound, Problem

ASK_SECONDS = 5.0


@dataclass(frozen=True)
class NodeView:
    """A node: the host it is, when it is one of ours, and what the swarm says of it. seen: {} when it did not tell."""

    member: ClusterMember | None
    seen: Mapping[str, Any]


@dataclass(frozen=True)
class ServiceView:
    """A service and its tasks, each with the name of its node."""

    seen: Mapping[str, Any]
    tasks: tuple[tuple[Mapping[str, Any], str], ...] = ()


@dataclass(frozen=True)
class ClusterView:
    """All that the page shows. error: why the swarm itself could not be asked; then only members are known."""

    cluster: Cluster
    nodes: tuple[NodeView, ...]
    services: tuple[ServiceView, ...] = ()
    error: str = ""
    free: Sequence[Host] = field(default_factory=list)


def cluster_list(*, actor: Actor) -> "QuerySet[Cluster]":
    """By name, with members and their hosts."""
    return rows_of_teams(Cluster.objects.select_related("team").prefetch_related("members__host"), actor)


def cluster_get(*, actor: Actor, cluster_id: UUID | str) -> Cluster:
    """Raises NotFound."""
    try:
        return cluster_list(actor=actor).get(pk=UUID(str(cluster_id)))
    except (Cluster.DoesNotExist, ValueError):
        raise NotFound("There is no such cluster, or it belongs to a team you are not in.") from None


def member_get(*, cluster: Cluster, host_id: UUID | str) -> ClusterMember:
    """Raises NotFound."""
    try:
        return cluster.members.select_related("host", "cluster").get(host_id=UUID(str(host_id)))
    except (ClusterMember.DoesNotExist, ValueError):
        raise NotFound(f"{cluster.name} has no such node.") from None


def hosts_free(*, team_id: int) -> list[Host]:
    """Connected hosts of the team that are in no cluster."""
    rows = Host.objects.filter(team_id=team_id, revoked_at=None, cluster_member__isnull=True).order_by("name")
    return [host for host in rows if host.state == HostState.ONLINE]


def swarm_seen(*, cluster: Cluster, project: str = "") -> dict[str, Any]:
    """What a manager says now: nodes, services, tasks. Raises Problem when none answers."""
    return dispatch.query(manager_host(cluster), SwarmInspect(project), timeout=ASK_SECONDS)


def cluster_view(*, cluster: Cluster) -> ClusterView:
    """The cluster as it is now."""
    members = list(cluster.members.select_related("host", "command"))
    seen: dict[str, Any] = {}
    error = ""
    if any(member.state == MemberState.ACTIVE for member in members):
        try:
            seen = swarm_seen(cluster=cluster)
        except Problem as problem:
            error = problem.detail
    nodes = {str(node.get("id", "")): node for node in seen.get("nodes", ())}
    rows = [NodeView(member, nodes.pop(member.node_id, {}) if member.node_id else {}) for member in members]
    rows += [NodeView(None, node) for node in nodes.values()]
    names = {row.member.node_id: row.member.host.name for row in rows if row.member and row.member.node_id}
    names |= {str(row.seen["id"]): str(row.seen.get("hostname", "")) for row in rows if row.member is None and row.seen}
    return ClusterView(
        cluster,
        tuple(rows),
        tuple(_service(service, seen.get("tasks", ()), names) for service in seen.get("services", ())),
        error,
        hosts_free(team_id=cluster.team_id),
    )


def _service(service: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> ServiceView:
    """With the tasks that run or shall run, and the last that failed."""
    own = [task for task in tasks if task.get("service") == service.get("id")]
    live = [task for task in own if task.get("desired") == "running"]
    failed = [task for task in own if task.get("error") and task.get("desired") != "running"][:1]
    return ServiceView(service, tuple((task, names.get(str(task.get("node", "")), "")) for task in [*live, *failed]))
