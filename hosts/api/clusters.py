"""/clusters: hosts joined in a Docker Swarm."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status

from hosts.api.schemas import Strict
from hosts.models import Cluster
from hosts.selectors.clusters import ClusterView, cluster_get, cluster_list, cluster_view, member_get
from hosts.selectors.hosts import host_get
from hosts.services import clusters as services
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_named

router = Router()
CLUSTER = "/clusters/{uuid:cluster_id}"
MEMBER = CLUSTER + "/nodes/{uuid:host_id}"


class ClusterIn(Strict):
    """hosts: ids; the swarm is made on the first, the others join as workers."""

    team: str | int | None = None
    name: str
    hosts: list[UUID]


class JoinIn(Strict):
    """role: manager or worker."""

    host: UUID
    role: str = "worker"


class NodeIn(Strict):
    """role: manager or worker; availability: active, pause or drain. What is left out stays."""

    role: str = ""
    availability: str = ""


class NodeOut(Schema):
    """host: None for a node that is no host of the portal. state: of the membership; swarm: what the swarm says."""

    host: UUID | None
    name: str
    role: str
    state: str
    error: str
    swarm: dict[str, Any]


class ClusterOut(Schema):
    id: UUID
    name: str
    team: str
    nodes: int


class ClusterFull(ClusterOut):
    """error: why the swarm itself could not be asked. services: with their tasks."""

    error: str
    members: list[NodeOut]
    services: list[dict[str, Any]]


class ClusterList(Schema):
    items: list[ClusterOut]
    next: str | None


@router.get("/clusters", response=ClusterList, summary="Clusters of your teams")
def clusters(request: HttpRequest, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT) -> ClusterList:
    page = page_of(cluster_list(actor=actor_of(request)), order=["name", "id"], cursor=cursor, limit=limit)
    return ClusterList(items=[_out(row) for row in page.items], next=page.next)


@router.post("/clusters", response={202: ClusterOut}, summary="Make a swarm from hosts")
def cluster_new(request: HttpRequest, body: ClusterIn) -> Status[ClusterOut]:
    actor = actor_of(request)
    hosts = [host_get(actor=actor, host_id=one) for one in body.hosts]
    made = services.cluster_create(team=team_named(actor, body.team), name=body.name, hosts=hosts, actor=actor)
    return Status(202, _out(made))


@router.get(CLUSTER, response=ClusterFull, summary="One cluster with nodes, services and tasks as they are now")
def cluster(request: HttpRequest, cluster_id: UUID) -> ClusterFull:
    return _full(cluster_view(cluster=cluster_get(actor=actor_of(request), cluster_id=cluster_id)))


@router.delete(CLUSTER, response={202: ClusterOut}, summary="Let every host leave")
def cluster_delete(request: HttpRequest, cluster_id: UUID) -> Status[ClusterOut]:
    actor = actor_of(request)
    row = cluster_get(actor=actor, cluster_id=cluster_id)
    services.cluster_remove(cluster=row, actor=actor)
    return Status(202, _out(row))


@router.post(CLUSTER + "/nodes", response={202: ClusterOut}, summary="Let a host join")
def node_new(request: HttpRequest, cluster_id: UUID, body: JoinIn) -> Status[ClusterOut]:
    actor = actor_of(request)
    row = cluster_get(actor=actor, cluster_id=cluster_id)
    host = host_get(actor=actor, host_id=body.host)
    services.cluster_join(cluster=row, host=host, role=body.role, actor=actor)
    return Status(202, _out(row))


@router.patch(MEMBER, response={202: ClusterOut}, summary="Promote, demote, drain, pause or activate a node")
def node_change(request: HttpRequest, cluster_id: UUID, host_id: UUID, body: NodeIn) -> Status[ClusterOut]:
    actor = actor_of(request)
    row = cluster_get(actor=actor, cluster_id=cluster_id)
    member = member_get(cluster=row, host_id=host_id)
    services.member_change(member=member, role=body.role, availability=body.availability, actor=actor)
    return Status(202, _out(row))


@router.delete(MEMBER, response={202: ClusterOut}, summary="Let a host leave")
def node_delete(request: HttpRequest, cluster_id: UUID, host_id: UUID) -> Status[ClusterOut]:
    actor = actor_of(request)
    row = cluster_get(actor=actor, cluster_id=cluster_id)
    services.member_remove(member=member_get(cluster=row, host_id=host_id), actor=actor)
    return Status(202, _out(row))


@router.post(CLUSTER + "/rotate-tokens", response={202: ClusterOut}, summary="New join tokens; none is ever shown")
def rotate(request: HttpRequest, cluster_id: UUID) -> Status[ClusterOut]:
    actor = actor_of(request)
    row = cluster_get(actor=actor, cluster_id=cluster_id)
    services.tokens_rotate(cluster=row, actor=actor)
    return Status(202, _out(row))


def _out(row: Cluster) -> ClusterOut:
    return ClusterOut(id=row.pk, name=row.name, team=row.team.slug, nodes=row.members.count())


def _full(view: ClusterView) -> ClusterFull:
    members = [
        NodeOut(
            host=node.member.host_id if node.member else None,
            name=node.member.host.name if node.member else str(node.seen.get("hostname", "")),
            role=node.member.role if node.member else str(node.seen.get("role", "")),
            state=node.member.state if node.member else "",
            error=node.member.error if node.member else "",
            swarm=dict(node.seen),
        )
        for node in view.nodes
    ]
    found = [{**one.seen, "tasks": [{**task, "node_name": name} for task, name in one.tasks]} for one in view.services]
    return ClusterFull(**_out(view.cluster).dict(), error=view.error, members=members, services=found)
