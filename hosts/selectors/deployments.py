"""Reading deployments: the run, its targets, steps and log."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from hosts import rollout
from hosts.models import Deployment, DeploymentEvent, DeploymentStep, DeploymentTarget
from hosts.models.commands import CommandState
from hosts.models.deployments import OPEN_DEPLOYMENTS, DeploymentState, StepState
from hosts.models.hosts import HostState
from portal.people.access import Actor
from portal.problems import NotFound


@dataclass(frozen=True)
class StepNode:
    """A step and the steps below it (the layers of a pull). percent: 0..100 from bytes, None when unknown."""

    step: DeploymentStep
    children: tuple["StepNode", ...]
    percent: int | None


@dataclass(frozen=True)
class TargetView:
    """One host's part. waiting: why nothing happens yet ("host-1 is offline; it starts when the host is back")."""

    target: DeploymentTarget
    steps: tuple[StepNode, ...]
    waiting: str = ""


@dataclass(frozen=True)
class RolloutView:
    """Where a rollout stands: phase as in hosts/rollout.py; batch from 1; text: what it does now."""

    phase: str
    batch: int
    batches: int
    text: str
    can_pause: bool


@dataclass(frozen=True)
class DeploymentView:
    """All that the deployment page and GET /deployments/{id} show. next: what to do now, a sentence."""

    deployment: Deployment
    targets: tuple[TargetView, ...]
    events: Sequence[DeploymentEvent]
    next: str
    rollout: RolloutView


def deployment_list(*, actor: Actor, application_id: UUID | None = None, state: str = "") -> "QuerySet[Deployment]":
    """Newest first, with application, team, revision and starter selected along."""
    rows = Deployment.objects.select_related("application", "application__team", "revision", "started_by")
    teams = actor.team_ids()
    if teams is not None:
        rows = rows.filter(application__team_id__in=teams)
    if application_id is not None:
        rows = rows.filter(application_id=application_id)
    if state:
        rows = rows.filter(state=state)
    return rows.order_by("-created_at", "-id")


def deployment_get(*, actor: Actor, deployment_id: UUID | str) -> Deployment:
    """Raises NotFound."""
    try:
        return deployment_list(actor=actor).get(pk=UUID(str(deployment_id)))
    except (Deployment.DoesNotExist, ValueError):
        raise NotFound("There is no such deployment, or it belongs to a team you are not in.") from None


def deployment_view(*, deployment: Deployment, events: int = 500) -> DeploymentView:
    """In a fixed number of queries; at most the last `events` lines."""
    targets = list(
        DeploymentTarget.objects.filter(deployment=deployment).select_related("host", "command").order_by("host__name")
    )
    steps: dict[int, list[DeploymentStep]] = {}
    for step in DeploymentStep.objects.filter(target__deployment=deployment).order_by("position", "id"):
        steps.setdefault(step.target_id, []).append(step)
    lines = list(
        DeploymentEvent.objects.filter(deployment=deployment).select_related("host").order_by("-id")[: max(1, events)]
    )
    views = tuple(TargetView(target, _tree(steps.get(target.pk, [])), _waiting(target)) for target in targets)
    return DeploymentView(deployment, views, lines[::-1], _next(deployment, views), _rollout(deployment))


_PHASES = {
    "pull": "Every host gets the images; nothing is replaced before all have them.",
    "keep": "All is well; what was replaced is being removed.",
    "back": "The previous containers are being put back.",
}


def _rollout(deployment: Deployment) -> RolloutView:
    if not deployment.rollout or deployment.state not in OPEN_DEPLOYMENTS:
        return RolloutView("done" if deployment.state not in OPEN_DEPLOYMENTS else "whole", 1, 1, "", False)
    state = rollout.from_json(deployment.rollout)
    planned = deployment.plan.get("batches", [])
    text = _PHASES.get(state.phase, "")
    if state.phase == "apply" and state.batch < len(planned):
        text = str(planned[state.batch].get("text", ""))
    return RolloutView(state.phase, state.batch + 1, max(1, len(state.batches)), text, rollout.can_pause(state))


def _tree(steps: Sequence[DeploymentStep]) -> tuple[StepNode, ...]:
    children: dict[str, list[DeploymentStep]] = {}
    keys = {step.key for step in steps}
    for step in steps:
        parent = step.parent if step.parent in keys and step.parent != step.key else ""
        children.setdefault(parent, []).append(step)
    return tuple(
        StepNode(step, tuple(StepNode(child, (), _percent(child)) for child in below), _percent(step, below))
        for step in children.get("", [])
        for below in [children.get(step.key, [])]
    )


def _percent(step: DeploymentStep, below: Sequence[DeploymentStep] = ()) -> int | None:
    """From the step's own bytes, else from those of the steps below it."""
    if step.state == StepState.DONE:
        return 100
    current, total = step.current, step.total
    if not total and below:
        current, total = sum(one.current for one in below), sum(one.total for one in below)
    return min(100, current * 100 // total) if total else None


def _waiting(target: DeploymentTarget) -> str:
    if target.state != DeploymentState.QUEUED or target.command is None:
        return ""
    host = target.host
    if host.state != HostState.ONLINE:
        return f"{host.name} is {host.state.label.lower()}; it starts when the host is back."
    if target.command.state == CommandState.QUEUED:
        return f"It is being sent to {host.name}."
    return f"{host.name} has not answered yet."


_NEXT = {
    DeploymentState.QUEUED: "You can leave this page; the deployment goes on.",
    DeploymentState.RUNNING: "You can leave this page; the deployment goes on.",
    DeploymentState.SUCCEEDED: "Everything runs as wanted.",
    DeploymentState.FAILED: "Read the error and the log, change the application and deploy again; or roll back.",
    DeploymentState.ROLLED_BACK: "The previous containers run again. Read why, change it and deploy again.",
    DeploymentState.CANCELLED: "It was stopped on the way. Deploy again to bring every host to the wanted state.",
}


def _next(deployment: Deployment, targets: Sequence[TargetView]) -> str:
    if deployment.state in OPEN_DEPLOYMENTS and deployment.paused:
        return "It stands still. Continue with the next batch, or cancel to put everything back."
    waiting = [target.waiting for target in targets if target.waiting]
    if deployment.state in OPEN_DEPLOYMENTS and waiting and len(waiting) == len(targets):
        return waiting[0]
    return _NEXT[DeploymentState(deployment.state)]
