"""What the hosts part of the API takes and gives. Times are UTC, sizes bytes, ages seconds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field

from hosts.models.commands import CommandState
from hosts.models.hosts import HostState


class Strict(Schema):
    """Input: a field that we do not know is refused by name."""

    model_config = ConfigDict(extra="forbid")


class EnrolmentIn(Strict):
    """team: its address name (slug), name or id; left out, the only team of the token."""

    team: str | int | None = None
    labels: dict[str, str] = {}
    ttl_seconds: int = 3600
    uses: int = 1


class EnrolmentOut(Schema):
    id: UUID
    team: str
    labels: dict[str, str]
    uses: int
    used: int
    open: bool
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class EnrolmentMade(EnrolmentOut):
    """With the token and the commands to type, which are shown this once."""

    token: str
    linux_command: str
    windows_command: str


class EnrolmentList(Schema):
    items: list[EnrolmentOut]
    next: str | None


class EngineOut(Schema):
    """error: why it does not answer; empty when it does."""

    id: str
    version: str
    api_version: str
    error: str


class HostOut(Schema):
    """observed_at: when this was last known to be true; age_seconds: how long ago; fresh: within its refresh time.

    clock_skew_seconds: by how much the host's clock is ahead of the portal's; waiting_since: for approval.
    full_disks: agent (it takes no commands), engine: those with less than 200 MiB free.
    """

    id: UUID
    name: str
    team: str
    state: HostState
    os: str
    os_name: str
    os_version: str
    kernel: str
    architecture: str
    isolation: str
    cpus: int
    memory_bytes: int
    engine: EngineOut
    agent_version: str
    labels: dict[str, str]
    containers: int
    running: int
    observed_at: datetime | None
    age_seconds: float | None
    fresh: bool
    last_seen_at: datetime | None
    linked_at: datetime | None
    created_at: datetime
    revoked_at: datetime | None
    waiting_since: datetime | None
    clock_skew_seconds: float
    conflict: dict[str, Any] | None
    full_disks: list[str]


class HostList(Schema):
    items: list[HostOut]
    next: str | None


class HostPatch(Strict):
    name: str | None = Field(default=None, max_length=200)
    labels: dict[str, str] | None = None
    revoked: bool | None = None


class PortOut(Schema):
    target: int
    published: int
    protocol: str
    address: str


class ContainerOut(Schema):
    """id: of the engine. health: "" without a healthcheck."""

    id: str
    name: str
    host: UUID
    host_name: str
    image: str
    image_id: str
    command: str
    state: str
    health: str
    exit_code: int | None
    restarts: int
    ports: list[PortOut]
    mounts: list[dict[str, Any]]
    networks: list[str]
    labels: dict[str, str]
    project: str
    service: str
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    observed_at: datetime | None
    age_seconds: float | None
    host_state: HostState


class ContainerList(Schema):
    items: list[ContainerOut]
    next: str | None


class ActionIn(Strict):
    """timeout: grace in seconds before a kill; signal: of kill, SIGKILL when left out."""

    timeout: int | None = None
    signal: str = Field(default="", max_length=16)


class ImageOut(Schema):
    id: str
    tags: list[str]
    digests: list[str]
    size: int
    created_at: datetime | None
    observed_at: datetime | None
    age_seconds: float | None


class ImageList(Schema):
    items: list[ImageOut]
    next: str | None


class NetworkOut(Schema):
    id: str
    name: str
    driver: str
    scope: str
    subnets: list[str]
    labels: dict[str, str]
    observed_at: datetime | None
    age_seconds: float | None


class NetworkList(Schema):
    items: list[NetworkOut]
    next: str | None


class VolumeOut(Schema):
    name: str
    driver: str
    labels: dict[str, str]
    created_at: datetime | None
    observed_at: datetime | None
    age_seconds: float | None


class VolumeList(Schema):
    items: list[VolumeOut]
    next: str | None


class CommandOut(Schema):
    """outcome, code, log_tail and result come with the end. waiting: why it is not carried out yet, empty otherwise.

    in_line: it is sent only when all before it in the queue of its host have ended.
    """

    id: UUID
    host: UUID
    host_name: str
    kind: str
    summary: str
    state: CommandState
    outcome: str
    error: str
    code: str
    log_tail: str
    result: dict[str, Any]
    waiting: str
    in_line: bool
    created_by: str
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    accepted_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None


class CommandPatch(Strict):
    """While it waits. expires_at or ttl_seconds from now; before or behind: the id of another one in the same queue."""

    expires_at: AwareDatetime | None = None
    ttl_seconds: int | None = Field(default=None, ge=10, le=30 * 86_400)
    before: UUID | None = None
    behind: UUID | None = None


class QueueCancelled(Schema):
    """How many were cancelled."""

    cancelled: int


class CommandList(Schema):
    items: list[CommandOut]
    next: str | None
