"""Clusters: a Docker Swarm made from hosts of a team, who is in it, and what each may do."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from engine_agent.protocol.bodies import CommandBody
from engine_agent.protocol.swarm import NodeRemove, NodeUpdate, SwarmInit, SwarmJoin, SwarmLeave, SwarmRotate
from hosts import live
from hosts.constraints import OS_LABEL, WINBUILD
from hosts.labels import project_clean
from hosts.models import Cluster, ClusterMember, Command, Host
from hosts.models.clusters import MemberRole, MemberState
from hosts.models.commands import SWARM_KINDS
from hosts.models.hosts import HostState
from hosts.placement import build_of
from hosts.services.cluster_tokens import tokens_store
from hosts.services.commands import command_create
from hosts.services.ends import End, follow
from hosts.services.observing import address_of
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid, NotFound

HOST_LABEL = "pierhead.host"
PORT = 2377
ROLES, AVAILABILITIES = ("manager", "worker"), ("active", "pause", "drain")


def cluster_create(*, team: Team, name: str, hosts: Sequence[Host], actor: Actor) -> Cluster:
    """Make a swarm on the first host and let the others join as workers. Raises Invalid, Conflict."""
    permission_require(actor=actor, permission=Permission.MANAGE_HOSTS, team=team, action="cluster.create")
    name = project_clean(name)
    if not hosts:
        raise Invalid("Choose at least one host.", fields={"hosts": ["Choose at least one host."]})
    for index, host in enumerate(hosts):
        _may_join(host, team, alone=len(hosts) == 1, manager=index == 0)
    try:
        with transaction.atomic():
            cluster = Cluster.objects.create(team=team, name=name, created_by=actor.user)
            rows = [ClusterMember(cluster=cluster, host=host) for host in hosts]
            rows[0].role = MemberRole.MANAGER
            ClusterMember.objects.bulk_create(rows)
            first = cluster.members.get(host=hosts[0])
            _tell(
                first, SwarmInit(advertise=address_of(hosts[0])), MemberState.JOINING, f"Make the swarm {name}", actor
            )
            detail = {"hosts": [host.name for host in hosts]}
            audit_record(actor=actor, action="cluster.create", team=team, target=cluster, detail=detail)
            live.publish(topics(cluster))
    except IntegrityError as error:
        message = f"The team already has a cluster called {name}."
        raise Conflict(message, code="name-taken", fields={"name": [message]}) from error
    return cluster


def cluster_join(*, cluster: Cluster, host: Host, role: str, actor: Actor) -> ClusterMember:
    """Let one more host join. Raises Invalid, Conflict."""
    _permit(cluster, actor, "cluster.join")
    if role not in ROLES:
        raise Invalid("The role is manager or worker.", fields={"role": ["The role is manager or worker."]})
    _may_join(host, cluster.team, alone=False, manager=role == MemberRole.MANAGER)
    with transaction.atomic():
        member = ClusterMember.objects.create(cluster=cluster, host=host, role=role)
        _join(member, actor)
        _audit(cluster, actor, "cluster.join", {"host": host.name, "role": role})
    return member


def member_change(*, member: ClusterMember, actor: Actor, role: str = "", availability: str = "") -> ClusterMember:
    """Promote, demote, drain, pause or activate. Raises Invalid, Conflict (last-manager, member-busy)."""
    cluster = member.cluster
    _permit(cluster, actor, "cluster.change")
    if role not in ("", *ROLES) or availability not in ("", *AVAILABILITIES) or not (role or availability):
        message = "Give a role (manager, worker) or an availability (active, pause, drain)."
        raise Invalid(message, fields={"role": [message]})
    if member.state != MemberState.ACTIVE:
        raise Conflict(f"{member.host.name} is not an active node yet.", code="member-busy")
    if role == MemberRole.MANAGER and member.host.os == "windows":
        raise Invalid("A Windows host can only be a worker.", fields={"role": ["A Windows host can only be a worker."]})
    if role == MemberRole.WORKER and member.role == MemberRole.MANAGER and len(_managers(cluster)) < 2:
        raise Conflict("It is the only manager. Promote another node first.", code="last-manager")
    with transaction.atomic():
        body = NodeUpdate(member.node_id, role=role, availability=availability)
        words = " and ".join(filter(None, (role and f"{member.host.name} becomes {role}", availability)))
        _ask_manager(cluster, member, body, words, actor)
        if role:
            ClusterMember.objects.filter(pk=member.pk).update(role=role)
        _audit(cluster, actor, "cluster.change", {"host": member.host.name, "role": role, "availability": availability})
    member.refresh_from_db()
    return member


def member_remove(*, member: ClusterMember, actor: Actor) -> None:
    """Let a host leave, then take it off the list of nodes. Raises Conflict (last-manager)."""
    cluster = member.cluster
    _permit(cluster, actor, "cluster.leave")
    managers = _managers(cluster)
    if member in managers and len(managers) == 1 and cluster.members.count() > 1:
        raise Conflict("It is the only manager. Promote another node first.", code="last-manager")
    with transaction.atomic():
        _audit(cluster, actor, "cluster.leave", {"host": member.host.name})
        _leave(member, actor)


def cluster_remove(*, cluster: Cluster, actor: Actor) -> None:
    """Every host leaves; the cluster goes with the last one. What runs in it ends."""
    _permit(cluster, actor, "cluster.remove")
    with transaction.atomic():
        Cluster.objects.filter(pk=cluster.pk).update(removing=True)
        _audit(cluster, actor, "cluster.remove", {})
        for member in cluster.members.select_related("host").order_by("-role"):
            _leave(member, actor)


def tokens_rotate(*, cluster: Cluster, actor: Actor) -> None:
    """New join tokens; hosts that are in stay in."""
    _permit(cluster, actor, "cluster.rotate-tokens")
    with transaction.atomic():
        _ask_manager(cluster, _manager(cluster), SwarmRotate(), "New join tokens", actor)
        _audit(cluster, actor, "cluster.rotate-tokens", {})


def manager_host(cluster: Cluster) -> Host:
    """A manager that is connected, for questions and deployments. Raises Conflict (no-manager)."""
    return _manager(cluster).host


@follow
def swarm_ended(end: End) -> list[str]:
    """A swarm command has ended. Answers with the topics to publish."""
    if end.command.kind not in SWARM_KINDS:
        return []
    members = ClusterMember.objects.select_related("cluster", "host")
    member = members.filter(command_id=end.command.pk).first()
    if member is None:
        return []
    cluster = member.cluster
    rows = ClusterMember.objects.filter(pk=member.pk)
    if end.outcome != "succeeded":
        state = member.state if member.state == MemberState.ACTIVE else MemberState.FAILED
        rows.update(error=end.error or end.outcome, state=state, command=None)
        return topics(cluster)
    rows.update(error="", command=None)
    match end.command.kind:
        case "swarm_init":
            _made(cluster, member, end.result)
        case "swarm_join":
            rows.update(state=MemberState.ACTIVE, node_id=str(end.result.get("node_id", ""))[:64])
            member.refresh_from_db()
            _label(member)
        case "swarm_rotate":
            _tokens(cluster, end.result)
        case "swarm_leave":
            _left(member)
    return topics(cluster)


def topics(cluster: Cluster) -> list[str]:
    """What shows this cluster."""
    return [f"cluster:{cluster.pk}", "clusters"]


def _made(cluster: Cluster, member: ClusterMember, result: Mapping[str, Any]) -> None:
    """The swarm is there: its tokens are kept, and the hosts that wait may join."""
    Cluster.objects.filter(pk=cluster.pk).update(swarm_id=str(result.get("swarm_id", ""))[:64])
    _tokens(cluster, result)
    ClusterMember.objects.filter(pk=member.pk).update(
        state=MemberState.ACTIVE, node_id=str(result.get("node_id", ""))[:64]
    )
    cluster.refresh_from_db()
    member.refresh_from_db()
    _label(member)
    for waiting in cluster.members.filter(state=MemberState.WAITING).select_related("host", "cluster"):
        _join(waiting, _portal(cluster))


def _tokens(cluster: Cluster, result: Mapping[str, Any]) -> None:
    tokens_store(
        cluster=cluster, worker=str(result.get("worker_token", "")), manager=str(result.get("manager_token", ""))
    )


def _left(member: ClusterMember) -> None:
    cluster, node_id = member.cluster, member.node_id
    member.delete()
    if not cluster.members.exists():
        cluster.delete()
    elif node_id and not cluster.removing and (managers := _managers(cluster)):
        _ask_manager(cluster, managers[0], NodeRemove(node_id, force=True), "Forget a node that left", _portal(cluster))


def _label(member: ClusterMember) -> None:
    """The node gets the host's labels, and those that placement by platform needs."""
    host = member.host
    labels = {str(name): str(value) for name, value in host.labels.items()} | {HOST_LABEL: str(host.pk)}
    if host.os:
        labels[OS_LABEL] = host.os
    build = build_of(host.os_version) if host.os == "windows" else None
    if build is not None:
        labels[WINBUILD] = str(build[0])
    if member.node_id:
        body = NodeUpdate(member.node_id, labels=labels)
        _ask_manager(member.cluster, member, body, f"Label {host.name}", _portal(member.cluster), quiet=True)


def _join(member: ClusterMember, actor: Actor) -> None:
    cluster = member.cluster
    managers = [f"{address}:{PORT}" for one in _managers(cluster) if (address := address_of(one.host))]
    if not managers:
        error = "No manager has an address that other hosts reach. Give its host the label io.pierhead.address."
        ClusterMember.objects.filter(pk=member.pk).update(state=MemberState.FAILED, error=error)
        return
    body = SwarmJoin(tuple(managers), "", cluster.swarm_id, address_of(member.host))
    _tell(member, body, MemberState.JOINING, f"Join the swarm {cluster.name}", actor)


def _leave(member: ClusterMember, actor: Actor) -> None:
    _tell(member, SwarmLeave(force=True), MemberState.LEAVING, f"Leave the swarm {member.cluster.name}", actor)


def _tell(member: ClusterMember, body: CommandBody, state: str, summary: str, actor: Actor) -> None:
    """A command to the member's own host."""
    command = _command(member.host, body, summary, actor)
    ClusterMember.objects.filter(pk=member.pk).update(command=command, state=state, error="")
    live.publish(topics(member.cluster))


def _ask_manager(
    cluster: Cluster, member: ClusterMember, body: CommandBody, summary: str, actor: Actor, *, quiet: bool = False
) -> None:
    """A command to a manager, for the sake of a member. quiet: nobody waits for its end."""
    command = _command(_manager(cluster).host, body, summary, actor)
    if not quiet:
        ClusterMember.objects.filter(pk=member.pk).update(command=command, error="")
    live.publish(topics(cluster))


def _command(host: Host, body: CommandBody, summary: str, actor: Actor) -> Command:
    return command_create(host=host, body=body, summary=summary, actor=actor)


def _managers(cluster: Cluster) -> list[ClusterMember]:
    rows = cluster.members.filter(role=MemberRole.MANAGER, state=MemberState.ACTIVE).select_related("host", "cluster")
    return sorted(rows, key=lambda one: one.host.state != HostState.ONLINE)


def _manager(cluster: Cluster) -> ClusterMember:
    managers = _managers(cluster)
    if not managers:
        raise Conflict(f"{cluster.name} has no manager that is ready.", code="no-manager")
    return managers[0]


def _may_join(host: Host, team: Team, *, alone: bool, manager: bool) -> None:
    """Raises NotFound, Invalid, Conflict."""
    if host.team_id != team.pk:
        raise NotFound("There is no such host in this team.")
    if host.state != HostState.ONLINE:
        raise Conflict(f"{host.name} is {host.state.label.lower()}; it must be connected to join.", code="host-away")
    if ClusterMember.objects.filter(host=host).exists():
        raise Conflict(f"{host.name} is in a cluster already.", code="host-in-cluster")
    if manager and host.os == "windows":
        message = "A Windows host can only be a worker."
        raise Invalid(message, fields={"hosts": [message]})
    if manager and not alone and not address_of(host):
        message = f"The address at which other hosts reach {host.name} is not known. Label it io.pierhead.address."
        raise Invalid(message, code="host-address-unknown", fields={"hosts": [message]})


def _permit(cluster: Cluster, actor: Actor, action: str) -> None:
    permission_require(
        actor=actor, permission=Permission.MANAGE_HOSTS, team=cluster.team, action=action, target=cluster
    )


def _audit(cluster: Cluster, actor: Actor, action: str, detail: dict[str, Any]) -> None:
    audit_record(actor=actor, action=action, team=cluster.team, target=cluster, detail=detail)
    live.publish(topics(cluster))


def _portal(cluster: Cluster) -> Actor:
    """For what follows by itself from what a person asked for."""
    return Actor(user=cluster.created_by, label="Pierhead")
