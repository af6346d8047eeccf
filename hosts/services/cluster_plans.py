"""Plans of applications in a cluster: what would change there, and what its manager is to be told."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine_agent.protocol.swarm import StackDeploy, SwarmInspect
from hosts import dispatch
from hosts.models import Application, Cluster, Host
from hosts.models.deployments import DeploymentState
from hosts.observed import ObservedHost
from hosts.plan_types import (
    CREATE,
    KEEP,
    RECREATE,
    REMOVE,
    Plan,
    PlannedContainer,
    PlannedHost,
    PlannedPort,
    PlanRefused,
    Refusal,
)
from hosts.policy import Policy
from hosts.services.clusters import manager_host
from hosts.services.observing import volumes_observe
from hosts.stack import SPEC_LABEL, Node, stack_of
from hosts.team_policy import present_refusals
from hosts.volume_checks import volume_conflicts
from hosts.wanted import Wanted
from portal.people.models import Team
from portal.problems import Problem

ASK_SECONDS = 5.0
SHOWN_REPLICAS = 50


@dataclass(frozen=True)
class ClusterPlan:
    """manager: the host that is told `body`."""

    plan: Plan
    manager: Host
    body: StackDeploy


def cluster_plan(*, team: Team, cluster_id: str, wanted: Wanted, limits: Policy | None = None) -> ClusterPlan:
    """The plan of a project in a cluster. limits: the team's policy, where it binds who asks.

    Raises PlanRefused with every refusal.
    """
    cluster = _cluster(team, cluster_id)
    if refusals := _volumes(cluster, wanted, limits):
        raise PlanRefused(refusals)
    try:
        manager = manager_host(cluster)
        seen = dispatch.query(manager, SwarmInspect(wanted.project.name), timeout=ASK_SECONDS)
    except Problem as problem:
        raise PlanRefused([Refusal(problem.code, problem.detail)]) from problem
    nodes = [_node(one) for one in seen.get("nodes", ())]
    stack, findings = stack_of(wanted, nodes)
    if stack is None:
        raise PlanRefused(findings.refusals)
    there = {str(one["name"]): one for one in seen.get("services", ())}
    containers = _containers(wanted, stack.body, there, [node for node in nodes if node.ready])
    planned = PlannedHost(
        host_id=str(manager.pk),
        host=manager.name,
        platform=f"Docker Swarm {cluster.name}",
        containers=tuple(containers),
        networks=tuple(one.name for one in stack.body.networks),
    )
    where = f"It runs in the cluster {cluster.name}, which decides on which of its nodes."
    plan = Plan(wanted.project.name, wanted.revision, (planned,), (where, *dict.fromkeys(stack.warnings)))
    return ClusterPlan(plan, manager, stack.body)


def cluster_refusals(*, application: Application, targets: dict[str, Any]) -> list[Refusal]:
    """An application does not move between a cluster and hosts, or between clusters, by a deployment."""
    last = application.deployments.filter(state=DeploymentState.SUCCEEDED).order_by("-created_at").first()
    before = last.revision.targets.get("cluster", "") if last else ""
    if last is None or before == targets.get("cluster", ""):
        return []
    was = "in a cluster" if before else "on single hosts"
    detail = f"{application.name} runs {was}. Remove it, and make it anew with the other target."
    return [Refusal("cluster-changed", detail)]


def _cluster(team: Team, cluster_id: str) -> Cluster:
    try:
        found = Cluster.objects.filter(team=team, pk=UUID(cluster_id)).first()
    except ValueError:
        found = None
    if found is None:
        detail = f"There is no cluster {cluster_id[:64]} in this team. It may have been removed."
        raise PlanRefused([Refusal("cluster-unknown", detail)])
    return found


def _volumes(cluster: Cluster, wanted: Wanted, limits: Policy | None) -> list[Refusal]:
    """What is against volumes that a node has already: the swarm may put any service onto any node.

    An external one need not be on every node. Of a node that is no host of the portal nothing is known.
    """
    project = wanted.project
    hosts = [member.host for member in cluster.members.select_related("host")]
    present = volumes_observe([host.pk for host in hosts], [one.name for one in project.volumes.values()])
    found: list[Refusal] = []
    for host in hosts:
        seen = ObservedHost(str(host.pk), host.name, volumes=present.get(host.pk, {}))
        conflicts = volume_conflicts(project, project.services, seen)
        found += [one for one in conflicts if one.code != "volume-not-found"]
        found += present_refusals(project, project.services, seen, limits) if limits is not None else []
    return found


def _node(seen: dict[str, Any]) -> Node:
    ready = seen.get("state") == "ready" and seen.get("availability") == "active"
    return Node(
        str(seen.get("id", "")),
        str(seen.get("hostname", "")),
        str(seen.get("os", "")),
        str(seen.get("architecture", "")),
        ready,
        {str(name): str(value) for name, value in (seen.get("labels") or {}).items()},
    )


def _containers(
    wanted: Wanted, body: StackDeploy, there: dict[str, dict[str, Any]], ready: list[Node]
) -> list[PlannedContainer]:
    made: list[PlannedContainer] = []
    for service, planned in zip(wanted.project.services, body.services, strict=True):
        digest = str((planned.spec or {})["Labels"][SPEC_LABEL])
        before = there.get(planned.name)
        action, reason = CREATE, "It does not exist yet."
        if before is not None:
            same = before.get("spec") == digest
            action, reason = (KEEP, "Unchanged.") if same else (RECREATE, "Its configuration has changed.")
        count = len(ready) if service.mode == "global" else service.replicas
        ports = tuple(
            PlannedPort(port.target, int(port.published) if port.published.isdigit() else 0, port.protocol)
            for port in service.ports
        )
        made += [
            PlannedContainer(
                f"{planned.name}.{number}", service.name, number, action, reason, service.image, digest, ports
            )
            for number in range(1, min(count, SHOWN_REPLICAS) + 1)
        ]
    names = {planned.name for planned in body.services}
    prefix = f"{wanted.project.name}_"
    for name, one in there.items():
        if name not in names:
            reason = "Its service is no longer part of the application."
            made.append(PlannedContainer(name, name.removeprefix(prefix), 0, REMOVE, reason, str(one.get("image", ""))))
    return made
