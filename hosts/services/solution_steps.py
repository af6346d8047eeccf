"""One look at a solution by a worker: how its machines and its application stand, and the next step from there.

Everything is in the database, so a look can be lost or come twice: each begins with where the solution stands, and
finds what an earlier one has begun. Only one worker looks at a time; its lease ends by itself should the worker die.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.solutions.loader import solution_get
from hosts import live
from hosts.meeting import ADDRESS_LABEL
from hosts.models import Application, Cluster, Deployment, Host, Solution
from hosts.models.azure import BatchState
from hosts.models.clusters import MemberState
from hosts.models.deployments import OPEN_DEPLOYMENTS, DeploymentState
from hosts.models.solutions import SOLUTION_MOVING, SolutionState
from hosts.services.applications import application_remove, application_revise
from hosts.services.azure_batches import batch_delete
from hosts.services.clusters import cluster_create
from hosts.services.deployments import deployment_cancel, deployment_start
from hosts.services.hosts import host_label
from hosts.services.solution_wakes import solution_topics
from hosts.services.solutions import ROLE_LABEL
from portal.people.access import Actor, portal_actor
from portal.problems import Conflict, Problem

ACTOR = "Azure"
LEASE = timedelta(minutes=5)
LOOK_EVERY = timedelta(seconds=4)
CLUSTER_MINUTES, APPLICATION_MINUTES = 20, 45
# A refusal may pass by itself for so long: hosts that have just come do not show all they have at once.
SETTLING = timedelta(minutes=3)
ADVICE = "Delete it to leave nothing behind, or put right what is said and deploy the application from its own page."


def solutions_due(*, now: datetime) -> list[UUID]:
    """Solutions to look at."""
    rows = Solution.objects.filter(Q(next_at=None) | Q(next_at__lte=now), state__in=SOLUTION_MOVING)
    rows = rows.filter(Q(leased_until=None) | Q(leased_until__lt=now))
    return list(rows.order_by("next_at").values_list("pk", flat=True)[:200])


def solution_advance(*, solution_id: UUID) -> str:
    """Look at one solution; its state afterwards, "" when another worker is at it."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    if not Solution.objects.filter(free, pk=solution_id).update(leased_until=now + LEASE):
        return ""
    solution = Solution.objects.select_related("team", "batch", "application", "cluster", "deployment").get(
        pk=solution_id
    )
    before = solution.state
    step = STEPS.get(SolutionState(before))
    try:
        if step is not None:
            solution.next_at = now + LOOK_EVERY
            step(solution)
    except Problem as problem:
        _trouble(solution, problem)
    finally:
        _keep(solution, before)
    return str(solution.state)


def _keep(solution: Solution, before: str) -> None:
    """Write it down, unless a person has asked for something else meanwhile: then only the lease is given back."""
    fields = ("state", "error", "advice", "next_at", "deadline", "finished_at")
    values = {name: getattr(solution, name) for name in fields} | {"leased_until": None}
    links = {name: getattr(solution, name) for name in ("application_id", "cluster_id", "deployment_id")}
    if not Solution.objects.filter(pk=solution.pk, state=before).update(**values, **links):
        Solution.objects.filter(pk=solution.pk).update(leased_until=None, next_at=timezone.now(), **links)
    live.publish(solution_topics(solution))


def _plan(solution: Solution) -> None:
    batch = solution.batch
    if batch.state == BatchState.PLANNED:
        solution.state, solution.next_at = SolutionState.PLANNED, None
    elif batch.state != BatchState.PLANNING:
        _fail(solution, batch.error, batch.advice)


def _machines(solution: Solution) -> None:
    """When every machine is a host, each gets the labels of its kind and the address inside of the network."""
    batch = solution.batch
    if batch.state == BatchState.READY:
        _label_hosts(solution)
        cluster = solution_get(solution.template).cluster
        _next(solution, SolutionState.CLUSTER if cluster else SolutionState.APPLICATION)
    elif batch.state == BatchState.FAILED:
        _fail(solution, batch.error, batch.advice)
    elif batch.state in {BatchState.DELETING, BatchState.DELETED}:
        _fail(solution, _("Its machines were deleted."))


def _label_hosts(solution: Solution) -> None:
    batch = solution.batch
    roles = {f"{batch.name}-{one['role']}-{n}": one["role"] for one in batch.groups for n in range(1, one["count"] + 1)}
    private = {name: one["private"] for name, one in batch.addresses.items()}
    for host in batch.hosts:
        name = _machine_of(host, roles)
        labels = {**host.labels, **({ROLE_LABEL: roles[name]} if name in roles else {})}
        if private.get(name):
            labels[ADDRESS_LABEL] = private[name]
        if labels != host.labels:
            host_label(host=host, labels=labels, actor=portal_actor(ACTOR))


def _machine_of(host: Host, names: dict[str, str]) -> str:
    """The machine that a host is, by the name that the machine has for itself. Windows shortens and raises it."""
    known = str(host.facts.get("hostname") or host.name).lower()
    return known if known in names else host.name.lower()


def _cluster(solution: Solution) -> None:
    """Join the hosts in a swarm, and point the application at it."""
    if solution.cluster is None:
        hosts = sorted(solution.batch.hosts, key=lambda host: host.name)
        known = Cluster.objects.filter(team=solution.team, members__host__in=hosts).distinct().first()
        solution.cluster = known or cluster_create(
            team=solution.team, name=solution.name, hosts=hosts, actor=portal_actor(ACTOR)
        )
        return
    members = list(solution.cluster.members.select_related("host"))
    broken = [one for one in members if one.state == MemberState.FAILED]
    if broken:
        _fail(solution, f"{broken[0].host.name}: {broken[0].error}")
    elif members and all(one.state == MemberState.ACTIVE for one in members):
        _next(solution, SolutionState.APPLICATION)
    elif _late(solution):
        _fail(solution, _("The hosts have not joined in a swarm in time."))


def _application(solution: Solution) -> None:
    """Deploy the application once, and wait for its end."""
    application = solution.application
    if application is None:
        _fail(solution, _("Its application was removed."))
        return
    deployment = solution.deployment or application.deployments.order_by("-created_at").first()
    if deployment is None:
        deployment = _begin(solution, application)
    solution.deployment = deployment
    if deployment.state == DeploymentState.SUCCEEDED:
        solution.state, solution.finished_at = SolutionState.READY, timezone.now()
        solution.error, solution.next_at = "", None
    elif deployment.state not in OPEN_DEPLOYMENTS:
        _fail(solution, deployment.error or _("The application was not deployed."))
    elif _late(solution):
        _fail(solution, _("The application has not come up in time."))


def _begin(solution: Solution, application: Application) -> Deployment:
    actor = portal_actor(ACTOR)
    revision = application.revisions.order_by("-number").first()
    if solution.cluster_id is not None and (revision is None or "cluster" not in revision.targets):
        targets = {"cluster": str(solution.cluster_id)}
        revision = application_revise(application=application, actor=actor, targets=targets)
    if revision is None:
        raise Conflict(_("Its application has no revision."), code="no-revision")
    return deployment_start(revision=revision, actor=actor)


def _delete(solution: Solution) -> None:
    """Machines go first, with all that runs on them; then nothing has to be asked of a host."""
    batch, actor = solution.batch, portal_actor(ACTOR)
    if batch.state not in {BatchState.DELETING, BatchState.DELETED}:
        if solution.application is not None:
            for running in solution.application.deployments.filter(state__in=OPEN_DEPLOYMENTS):
                with suppress(Conflict):  # too late, or over
                    deployment_cancel(deployment=running, actor=actor)
        batch_delete(batch=batch, actor=actor)
    elif batch.state == BatchState.DELETED:
        _forget(solution, actor)
        solution.state, solution.finished_at = SolutionState.DELETED, timezone.now()
        solution.next_at, solution.error = None, ""
    elif batch.error:
        solution.error = batch.error


def _forget(solution: Solution, actor: Actor) -> None:
    """The rows of what ran on the machines that are gone. An application that was moved to others stays with them."""
    if solution.cluster is not None:
        solution.cluster.delete()
        solution.cluster = None
    application = solution.application
    if application is None:
        return
    solution.application = solution.deployment = None
    try:
        application_remove(application=application, actor=actor, volumes=True)
    except Conflict:  # something of it waits for a host that will never come again
        application.delete()


STEPS: dict[SolutionState, Callable[[Solution], None]] = {
    SolutionState.PLANNING: _plan,
    SolutionState.MACHINES: _machines,
    SolutionState.CLUSTER: _cluster,
    SolutionState.APPLICATION: _application,
    SolutionState.DELETING: _delete,
}
MINUTES = {SolutionState.CLUSTER: CLUSTER_MINUTES, SolutionState.APPLICATION: APPLICATION_MINUTES}


def _next(solution: Solution, state: SolutionState) -> None:
    """On to another state, which is looked at at once."""
    now = timezone.now()
    solution.state, solution.error, solution.next_at = state, "", now
    solution.deadline = now + timedelta(minutes=MINUTES[state])


def _late(solution: Solution) -> bool:
    return solution.deadline is not None and timezone.now() > solution.deadline


def _trouble(solution: Solution, problem: Problem) -> None:
    """What may pass is shown and tried again for a while; the rest ends it."""
    text = problem.detail or str(problem.title)
    solution.error = text[:4000]
    if solution.state == SolutionState.DELETING and not _late(solution):
        return
    minutes = MINUTES.get(SolutionState(solution.state), 0)
    begun = solution.deadline - timedelta(minutes=minutes) if solution.deadline else timezone.now()
    if timezone.now() > begun + SETTLING:
        _fail(solution, text)


def _fail(solution: Solution, error: str, advice: str = "") -> None:
    solution.error, solution.advice = error[:4000], advice or ADVICE
    solution.state, solution.finished_at, solution.next_at = SolutionState.FAILED, timezone.now(), None
