"""Reading deployments: the run, its targets, steps and log."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from hosts.models import Deployment, DeploymentEvent, DeploymentStep, DeploymentTarget
from portal.people.access import Actor


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
class DeploymentView:
    """All that the deployment page and GET /deployments/{id} show. next: what to do now, a sentence."""

    deployment: Deployment
    targets: tuple[TargetView, ...]
    events: Sequence[DeploymentEvent]
    next: str


def deployment_list(*, actor: Actor, application_id: UUID | None = None, state: str = "") -> "QuerySet[Deployment]":
    """Newest first, with application, team, revision and starter selected along."""
    raise NotImplementedError


def deployment_get(*, actor: Actor, deployment_id: UUID | str) -> Deployment:
    """Raises NotFound."""
    raise NotImplementedError


def deployment_view(*, deployment: Deployment, events: int = 500) -> DeploymentView:
    """In a fixed number of queries; at most the last `events` lines."""
    raise NotImplementedError
