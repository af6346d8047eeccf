"""What follows from the end of a command: its target, its deployment, the removal of its application.

Everything here runs in the transaction that ended the command, and locks the row above before it looks at the rows
beside: two targets that end at the same moment must not each believe that the other is still open.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hosts import dispatch
from hosts.models import Application, Command, Deployment, DeploymentTarget
from hosts.models.commands import OPEN_STATES, CommandState
from hosts.models.deployments import DeploymentState
from hosts.services.clusters import KINDS, swarm_ended
from hosts.services.rollouts import part_ended
from hosts.services.timeline import deployment_topics, event_add

REMOVALS = ("remove_project", "stack_remove")
OUTCOMES: dict[str, CommandState] = {
    "succeeded": CommandState.SUCCEEDED,
    "failed": CommandState.FAILED,
    "rolled_back": CommandState.FAILED,
    "cancelled": CommandState.CANCELLED,
    "expired": CommandState.EXPIRED,
}


def command_ended(
    *,
    command: Command,
    outcome: str,
    error: str,
    log_tail: str,
    now: datetime,
    result: Mapping[str, Any] | None = None,
) -> list[str]:
    """After `command` has been moved to its end: move what depends on it. Answers with the topics to publish.

    result: what the agent answered besides.
    """
    topics = command_topics(command)
    if command.in_line:  # the next one in the line may go
        dispatch.dispatch(command)
    target = DeploymentTarget.objects.filter(command_id=command.pk).first()
    if target is not None:
        topics += part_ended(
            target=target, outcome=outcome, error=error, log_tail=log_tail, result=result or {}, now=now
        )
    if command.kind in KINDS:
        topics += swarm_ended(command=command, outcome=outcome, error=error, result=result or {})
    if command.kind in REMOVALS:
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
        kind__in=REMOVALS,
        project=application.name,
        state__in=OPEN_STATES,
    )
    if not still_open.exists():
        application.delete()
    return topics
