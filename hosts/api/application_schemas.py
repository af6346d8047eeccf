"""What the applications part of the API takes and gives."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import Field

from hosts.api.schemas import Strict
from hosts.models.deployments import DeploymentState, StepState

Value = str | int | float | bool


class ApplicationIn(Strict):
    """compose: text, or service: the attributes of one compose service. targets: one of hosts, labels, any.

    files: the project's further files, path -> text. secrets: values to seal, by name; they are never given out.
    """

    team: str | int | None = None
    name: str
    compose: str | None = None
    service: dict[str, Any] | None = None
    values: dict[str, Value] = {}
    targets: dict[str, Any] = {"any": True}
    template: str = Field(default="", max_length=80)
    files: dict[str, str] = Field(default={}, max_length=100)
    secrets: dict[str, str] = Field(default={}, max_length=200)


class ApplicationPatch(Strict):
    """What is left out stays as it is."""

    compose: str | None = None
    service: dict[str, Any] | None = None
    values: dict[str, Value] | None = None
    targets: dict[str, Any] | None = None
    files: dict[str, str] | None = Field(default=None, max_length=100)


class RevisionOut(Schema):
    """values: masked for who may not deploy. scale: replicas by service, instead of what the text says. pins: the
    digest that each image is, from the first deployment on."""

    id: UUID
    number: int
    compose: str
    values: dict[str, str]
    targets: dict[str, Any]
    template: str
    scale: dict[str, int]
    pins: dict[str, str]
    created_by: str
    created_at: datetime


class RunningOut(Schema):
    """A container of a service."""

    id: str
    name: str
    host: UUID
    host_name: str
    state: str
    health: str


class ServiceOut(Schema):
    """state: running, done, starting, unhealthy, partial, stopped, missing, unknown."""

    name: str
    image: str
    wanted: int
    running: int
    healthy: int
    state: str
    hosts: list[str]
    containers: list[RunningOut]


class ApplicationOut(Schema):
    """state: running, done, starting, degraded, stopped, deploying, never-deployed, removing, unknown."""

    id: UUID
    name: str
    team: str
    state: str
    sentence: str
    services: list[ServiceOut]
    hosts: list[str]
    since: datetime | None
    observed_at: datetime | None
    age_seconds: float | None
    deployed_revision: int | None
    last_deployment: UUID | None
    created_by: str
    created_at: datetime


class ApplicationFull(ApplicationOut):
    """revision: the newest. revisions: all, newest first."""

    revision: RevisionOut | None
    revisions: list[RevisionOut]


class ApplicationList(Schema):
    items: list[ApplicationOut]
    next: str | None


class RemovalOut(Schema):
    """The commands that carry the removal out; none when no host had anything of it."""

    commands: list[UUID]


class DeploymentIn(Strict):
    """revision: number or id, the newest when left out."""

    revision: int | UUID | None = None
    plan_digest: str | None = Field(default=None, max_length=80)


class PlanIn(Strict):
    revision: int | UUID | None = None


class ScaleIn(Strict):
    """replicas: how many containers of the service shall run."""

    replicas: int


class RollbackIn(Strict):
    """to_revision: number or id; left out, the last one that succeeded before."""

    to_revision: int | UUID | None = None


class DeploymentOut(Schema):
    """paused: why it stands still until somebody continues or cancels it, empty when it does not."""

    id: UUID
    application: UUID
    application_name: str
    revision: int
    state: DeploymentState
    plan_digest: str
    started_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: str
    log_tail: str
    paused: str = ""


class DeploymentList(Schema):
    items: list[DeploymentOut]
    next: str | None


class StepOut(Schema):
    """current, total: bytes of a pull; percent: None when unknown."""

    key: str
    title: str
    state: StepState
    detail: str
    current: int
    total: int
    percent: int | None
    started_at: datetime | None
    finished_at: datetime | None
    steps: list["StepOut"] = []


class TargetOut(Schema):
    """One host's part. waiting: why nothing happens yet."""

    host: UUID
    host_name: str
    state: DeploymentState
    command: UUID | None
    error: str
    log_tail: str
    waiting: str
    steps: list[StepOut]


class EventOut(Schema):
    at: datetime
    host: str | None
    level: str
    text: str


class RolloutOut(Schema):
    """phase: whole, pull, apply, keep, back or done. batch: the present one, from 1, of `batches`; text: what it is.

    can_pause: whether there is a batch to come before which it can stand still.
    """

    phase: str
    batch: int
    batches: int
    text: str
    can_pause: bool


class DeploymentFull(DeploymentOut):
    """hosts: the part of each. next: what to do now, a sentence."""

    rollout: RolloutOut

    hosts: list[TargetOut]
    steps: list[StepOut]
    events: list[EventOut]
    plan: dict[str, Any]
    next: str
