"""What follows from the end of a command: its target, its deployment, the removal of its application.

Everything here runs in the transaction that ended the command, and locks the row above before it looks at the rows
beside: two targets that end at the same moment must not each believe that the other is still open.
"""

from datetime import datetime

from hosts import dispatch
from hosts.models import Application, Command, Deployment, DeploymentEvent, DeploymentStep, DeploymentTarget
from hosts.models.commands import OPEN_STATES, CommandState
from hosts.models.deployments import OPEN_DEPLOYMENTS, DeploymentState, StepState

OUTCOMES: dict[str, CommandState] = {
    "succeeded": CommandState.SUCCEEDED,
    "failed": CommandState.FAILED,
    "rolled_back": CommandState.FAILED,
    "cancelled": CommandState.CANCELLED,
    "expired": CommandState.EXPIRED,
}
_TARGET_ENDS: dict[str, DeploymentState] = {
    "succeeded": DeploymentState.SUCCEEDED,
    "failed": DeploymentState.FAILED,
    "rolled_back": DeploymentState.ROLLED_BACK,
    "cancelled": DeploymentState.CANCELLED,
    "expired": DeploymentState.FAILED,
}
_SENTENCES = {
    "succeeded": "{host}: everything runs as wanted.",
    "failed": "{host}: failed. {error}",
    "rolled_back": "{host}: the previous containers are back. {error}",
    "cancelled": "{host}: cancelled. {error}",
    "expired": "{host}: not carried out. {error}",
}


def command_ended(*, command: Command, outcome: str, error: str, log_tail: str, now: datetime) -> list[str]:
    """After `command` has been moved to its end: move what depends on it. Answers with the topics to publish."""
    topics = command_topics(command)
    if command.in_line:  # the next one in the line may go
        dispatch.dispatch(command)
    target = DeploymentTarget.objects.filter(command_id=command.pk).first()
    if target is not None:
        topics += _target_ended(target, outcome, error, log_tail, now)
    if command.kind == "remove_project":
        topics += _removal_ended(command, outcome)
    return topics


def command_topics(command: Command) -> list[str]:
    """What shows this command; "queue" only for those that waited in one, since it wakes every open queue."""
    topics = [f"command:{command.pk}", f"host:{command.host_id}"]
    return [*topics, "queue"] if command.in_line else topics


def command_started(*, command_id: str, now: datetime) -> list[str]:
    """After an agent has accepted a command: its target and deployment run."""
    target = DeploymentTarget.objects.filter(command_id=command_id).select_related("deployment", "host").first()
    if target is None:
        return []
    rows = DeploymentTarget.objects.filter(pk=target.pk, state=DeploymentState.QUEUED)
    if not rows.update(state=DeploymentState.RUNNING):
        return []
    Deployment.objects.filter(pk=target.deployment_id, state=DeploymentState.QUEUED).update(
        state=DeploymentState.RUNNING, started_at=now
    )
    event_add(target=target, level="info", text=f"{target.host.name}: the agent has taken it on.", now=now)
    return deployment_topics(target.deployment)


def event_add(*, target: DeploymentTarget, level: str, text: str, now: datetime) -> None:
    """A line of the portal's own in the log of the target's deployment."""
    DeploymentEvent.objects.create(
        deployment_id=target.deployment_id, host_id=target.host_id, at=now, level=level, text=text.strip()
    )


def deployment_topics(deployment: Deployment) -> list[str]:
    """Every page that shows this deployment's state."""
    application = f"application:{deployment.application_id}"
    return [f"deployment:{deployment.pk}", application, "applications", "home"]


def _target_ended(target: DeploymentTarget, outcome: str, error: str, log_tail: str, now: datetime) -> list[str]:
    deployment = Deployment.objects.select_for_update().get(pk=target.deployment_id)
    rows = DeploymentTarget.objects.filter(pk=target.pk, state__in=OPEN_DEPLOYMENTS)
    if not rows.update(state=_TARGET_ENDS[outcome], error=error, log_tail=log_tail):
        return []
    _steps_end(target, outcome, now)
    level = {"succeeded": "info", "cancelled": "warning"}.get(outcome, "error")
    event_add(
        target=target,
        level=level,
        text=_SENTENCES[outcome].format(host=target.host.name, error=error),
        now=now,
    )
    _deployment_settle(deployment, now)
    return deployment_topics(deployment)


def _steps_end(target: DeploymentTarget, outcome: str, now: datetime) -> None:
    """No step may go on running in a run that has ended."""
    steps = DeploymentStep.objects.filter(target=target)
    running, waiting = steps.filter(state=StepState.RUNNING), steps.filter(state=StepState.WAITING)
    good = outcome == "succeeded"
    running.update(state=StepState.DONE if good else StepState.FAILED, finished_at=now)
    waiting.update(state=StepState.DONE if good else StepState.SKIPPED, finished_at=now)


def _deployment_settle(deployment: Deployment, now: datetime) -> None:
    """End the deployment when every target has ended: succeeded only when all have."""
    targets = list(DeploymentTarget.objects.filter(deployment=deployment).select_related("host"))
    states = {target.state for target in targets}
    if states & set(OPEN_DEPLOYMENTS):
        return
    order = (DeploymentState.FAILED, DeploymentState.ROLLED_BACK, DeploymentState.CANCELLED)
    end = next((state for state in order if state in states), DeploymentState.SUCCEEDED)
    bad = [target for target in targets if target.state == end and target.error]
    error = " ".join(f"{target.host.name}: {target.error}" for target in bad)
    log_tail = "\n".join(target.log_tail for target in bad if target.log_tail)
    Deployment.objects.filter(pk=deployment.pk, state__in=OPEN_DEPLOYMENTS).update(
        state=end, finished_at=now, error=error, log_tail=log_tail
    )


def _removal_ended(command: Command, outcome: str) -> list[str]:
    """The application goes when every host has confirmed; a host that could not keeps it, to be tried again."""
    application = (
        Application.objects.select_for_update()
        .filter(team_id=command.host.team_id, name=command.project, removing_at__isnull=False)
        .first()
    )
    if application is None:
        return []
    topics = [f"application:{application.pk}", "applications", "home"]
    if outcome != "succeeded":
        Application.objects.filter(pk=application.pk).update(removing_at=None)
        return topics
    still_open = Command.objects.filter(
        host__team_id=application.team_id,
        kind="remove_project",
        project=application.name,
        state__in=OPEN_STATES,
    )
    if not still_open.exists():
        application.delete()
    return topics
