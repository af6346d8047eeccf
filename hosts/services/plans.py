"""Plans: what a revision would change now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from engine_agent.protocol.swarm import StackDeploy
from gallery.compose.parse import load_project
from gallery.compose.sources import MAIN, Sources
from gallery.compose.types import Project
from gallery.images import resolve_image
from hosts import planning
from hosts.labels import labels_match
from hosts.models import Container, Host, Revision
from hosts.observed import ObservedHost
from hosts.plan_types import Plan, PlanRefused, Refusal
from hosts.policy import Policy
from hosts.selectors.policies import hosts_policy
from hosts.services.cluster_plans import cluster_plan, cluster_refusals
from hosts.services.observing import observe
from hosts.services.plan_refusals import PLAN, refusals_audited
from hosts.services.resolving import Resolve, images_resolve, with_familiar_images
from hosts.services.secrets import fresh_stand_ins, stand_ins
from hosts.team_policy import present_refusals, team_refusals
from hosts.wanted import PACK, Wanted
from portal.people.access import Actor, Permission
from portal.people.models import Role, Team


@dataclass(frozen=True)
class Prepared:
    """A plan with all it was made from, for whoever carries it out. rows: the hosts' own, by id.

    shares: host id -> the containers it shall have. stack: what the manager of a cluster is told, instead of these.
    """

    plan: Plan
    wanted: Wanted
    hosts: tuple[ObservedHost, ...]
    rows: Mapping[UUID, Host]
    shares: Mapping[str, tuple[planning.Replica, ...]] = field(default_factory=dict)
    stack: StackDeploy | None = None


def plan_make(*, revision: Revision, actor: Actor, resolve: Resolve = resolve_image, fresh: Iterable[str] = ()) -> Plan:
    """The plan of deploying `revision` now. Changes nothing. Raises PlanRefused with every refusal.

    fresh: names of secrets that are typed and not stored yet.
    """
    return plan_prepare(revision=revision, actor=actor, action=PLAN, resolve=resolve, fresh=fresh).plan


def plan_prepare(
    *, revision: Revision, actor: Actor, action: str, resolve: Resolve = resolve_image, fresh: Iterable[str] = ()
) -> Prepared:
    """The same, with what it was made from. action: what it is for, in the audit if a policy forbids it."""
    application = revision.application
    actor.require(Permission.READ, application.team_id)
    with refusals_audited(actor=actor, action=action, application=application):
        return _prepare(revision, actor, resolve, fresh)


def _prepare(revision: Revision, actor: Actor, resolve: Resolve, fresh: Iterable[str]) -> Prepared:
    application = revision.application
    moved = cluster_refusals(application=application, targets=revision.targets)
    if moved:
        raise PlanRefused(moved)
    return project_plan(
        team=application.team,
        project=revision_project(revision, fresh),
        targets=revision.targets,
        revision=revision.number,
        resolve=resolve,
        pins=revision.pins,
        limits=limits_of(actor, application.team),
    )


def limits_of(actor: Actor, team: Team) -> Policy | None:
    """What the team's policy allows this actor; None: everything, an admin's."""
    return None if actor.role_in(team.pk) == Role.ADMIN else hosts_policy(team=team)


def revision_project(revision: Revision, fresh: Iterable[str] = ()) -> Project:
    """The project of a revision, scaled as it says. fresh: secrets that are not stored yet."""
    project = project_of(
        compose=revision.compose,
        values=revision.values,
        name=revision.application.name,
        files=revision.files,
        secrets={**stand_ins(revision.application), **fresh_stand_ins(fresh)},
    )
    return project_scaled(project, revision.scale)


def project_scaled(project: Project, scale: Mapping[str, int]) -> Project:
    """The project with other numbers of replicas; services it does not have are passed over."""
    if not scale:
        return project
    services = [replace(one, replicas=scale.get(one.name, one.replicas)) for one in project.services]
    return replace(project, services=tuple(services))


def project_of(
    *,
    compose: str,
    values: Mapping[str, str],
    name: str,
    files: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Project:
    """The parsed project, image references in the engine's own form. Raises ComposeInvalid, ReferenceInvalid.

    files: further files of the project. secrets: what stands for each (hosts.services.secrets.stand_ins).
    """
    return _parsed(compose, _pairs(values), name, _pairs(files or {}), _pairs(secrets or {}))


Pairs = tuple[tuple[str, str], ...]
OVERRIDES = ("compose.override.yaml", "compose.override.yml", "docker-compose.override.yml")  # merged over the main one


def _pairs(given: Mapping[str, str]) -> Pairs:
    return tuple(sorted(given.items()))


@lru_cache(maxsize=128)
def _parsed(compose: str, values: Pairs, name: str, files: Pairs, secrets: Pairs) -> Project:
    """A text is parsed when it is saved, planned and deployed, one after the other; the project is frozen."""
    kept = dict(secrets)
    texts = {**dict(files), MAIN: compose}
    order = (MAIN, *(one for one in OVERRIDES if one in texts))
    sources = Sources(texts, order, {**dict(values), **kept}, kept)
    return with_familiar_images(load_project(sources, name))


def project_plan(
    *,
    team: Team,
    project: Project,
    targets: Mapping[str, Any],
    revision: int = 1,
    resolve: Resolve = resolve_image,
    pins: Mapping[str, str] | None = None,
    limits: Policy | None = None,
) -> Prepared:
    """The plan of a project that need not be stored yet (the deploy form asks as one types).

    pins: image reference -> the digest it shall be. limits: the team's policy, where it binds who asks.
    """
    candidates, refusals = target_hosts(team=team, targets=targets)
    refusals += team_refusals(project, limits.team) if limits is not None else []
    if refusals:
        raise PlanRefused(refusals)
    names = {service.image for service in project.services}
    images = images_resolve(project=project, resolve=resolve, team=team.pk, pins=pins or {})
    if "cluster" in targets:
        wanted = Wanted(project, images, revision)
        found = cluster_plan(team=team, cluster_id=str(targets["cluster"]), wanted=wanted, limits=limits)
        return Prepared(found.plan, wanted, (), {found.manager.pk: found.manager}, stack=found.body)
    rest = _others_with(project.name, team=team, but=candidates)
    volumes = [volume.name for volume in project.volumes.values()]
    observed = observe(hosts=[*candidates, *rest], project=project.name, references=names, volumes=volumes)
    hosts, others = observed[: len(candidates)], observed[len(candidates) :]
    strategy = str(targets.get("strategy", PACK))
    wanted = Wanted(project, images, revision, named="hosts" in targets, strategy=strategy)
    rows = {host.pk: host for host in (*candidates, *rest)}
    planned = planning.make_whole(wanted, hosts, others=others)
    if limits is not None and (hidden := _hidden(planned, project, hosts, limits)):
        raise PlanRefused(hidden)
    notes = [str(note) for note in project.notes]
    plan = replace(planned.plan, warnings=(*planned.plan.warnings, *notes)) if notes else planned.plan
    return Prepared(plan, wanted, tuple(observed), rows, planned.shares)


def _hidden(
    planned: planning.Planned, project: Project, hosts: Sequence[ObservedHost], limits: Policy
) -> list[Refusal]:
    """What the policy says of volumes that exist on the hosts where they would be mounted."""
    shares = {host.id: [one.service for one in planned.shares.get(host.id, ())] for host in hosts}
    return [one for host in hosts for one in present_refusals(project, shares[host.id], host, limits)]


def _others_with(project: str, *, team: Team, but: Sequence[Host]) -> list[Host]:
    """The team's other hosts that have containers of the project; for most deployments there are none to be read."""
    running = Container.objects.filter(project=project, host__team=team, host__revoked_at=None).order_by()
    found = set(running.values_list("host_id", flat=True).distinct()).difference(host.pk for host in but)
    return list(Host.objects.filter(pk__in=found)) if found else []


def target_hosts(*, team: Team, targets: Mapping[str, Any]) -> tuple[list[Host], list[Refusal]]:
    """The hosts that a revision's targets stand for, in the order named or by name; refusals for ids that are none."""
    own: QuerySet[Host] = Host.objects.filter(team=team)
    if "cluster" in targets:
        return [], []
    if "hosts" in targets:
        wanted = [str(one) for one in targets["hosts"]]
        found = {str(host.pk): host for host in own.filter(Q(pk__in=[one for one in wanted if _is_uuid(one)]))}
        missing = [one for one in wanted if one not in found]
        refusals = [
            Refusal(
                "host-unknown", f"There is no host {one[:64]} in this team. It may have been removed.", host=one[:64]
            )
            for one in missing
        ]
        return [found[one] for one in dict.fromkeys(wanted) if one in found], refusals
    hosts = list(own.filter(revoked_at=None).order_by("name"))
    if "labels" in targets:
        hosts = [host for host in hosts if labels_match(host.labels, targets["labels"])]
        if not hosts:
            text = ", ".join(f"{key}={value}" for key, value in targets["labels"].items())
            return [], [Refusal("no-host-fits", f"No host of the team has the labels {text}.")]
    return hosts, []


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
