"""What follows from the end of a command: its target, its deployment, the removal of its application.

Everything here runs in the transaction that ended the command, and locks the row above before it looks at the rows
beside: two targets that end at the same moment must not each believe that the other is still open.

Rollouts and clusters give and stop commands themselves, so this file cannot know them: they follow (`follow`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hosts import dispatch
from hosts.models import Application, Command, Deployment, DeploymentTarget
from hosts.models.commands import OPEN_STATES, CommandState
from hosts.models.deployments import DeploymentState
from hosts.services.timeline import deployment_topics, event_add

REMOVALS = ("remove_project", "stack_remove")
OUTCOMES: dict[str, CommandState] = {
    "succeeded": CommandState.SUCCEEDED,
    "failed": CommandState.FAILED,
    "rolled_back": CommandState.FAILED,
    "cancelled": CommandState.CANCELLED,
    "expired": CommandState.EXPIRED,
}


@dataclass(frozen=True)
class End:
    """How a command has ended. outcome: a key of OUTCOMES. result: what the agent answered besides."""

    command: Command
    outcome: str
    now: datetime
    error: str = ""
    log_tail: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)


Follower = Callable[[End], list[str]]  # moves what depends on the command; answers with the topics to publish
_followers: list[Follower] = []


def follow(work: Follower) -> Follower:
    """Have `work` called at the end of every command, in its transaction. HostsConfig imports all who follow."""
    _followers.append(work)
    return work


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
    end = End(command, outcome, now, error, log_tail, result or {})
    for work in _followers:
        topics += work(end)
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
