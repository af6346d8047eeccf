"""What the house knows of Azure. Frozen, plain values; times are UTC, ids are Azure's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class CredentialKind(StrEnum):
    """How the portal signs in to a subscription."""

    SECRET = "secret"  # noqa: S105 - a kind
    CERTIFICATE = "certificate"
    MANAGED = "managed"
    WORKLOAD = "workload"
    CLI = "cli"


class Cloud(StrEnum):
    """The national clouds of Azure."""

    PUBLIC = "public"
    GOVERNMENT = "government"
    CHINA = "china"


@dataclass(frozen=True)
class Account:
    """Who signs in where. secret: a client secret, or a PEM with certificate and key; never shown, never logged."""

    subscription_id: str
    kind: CredentialKind = CredentialKind.SECRET
    tenant_id: str = ""
    client_id: str = ""
    secret: str = field(default="", repr=False)
    cloud: Cloud = Cloud.PUBLIC


@dataclass(frozen=True)
class Endpoints:
    """Where Azure is, when it is not where the cloud says: for private clouds and stand-ins. ca: path of a PEM."""

    management: str = ""
    authority: str = ""
    ca: str = ""


@dataclass(frozen=True)
class Size:
    """A machine size offered in a region. family: the name under which its quota is counted.

    zones: those in which the subscription may use it. refused: Azure's reason why it may not at all, "" when it may.
    """

    name: str
    cpus: int
    memory_gib: float
    family: str = ""
    zones: tuple[str, ...] = ()
    refused: str = ""
    architecture: str = "amd64"


@dataclass(frozen=True)
class Quota:
    """CPUs of one family (or "cores", all of them) in a region. title: the family for people."""

    family: str
    used: int
    limit: int
    title: str = ""

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


@dataclass(frozen=True)
class Change:
    """One line of a what-if. kind: Create, Modify, Delete, NoChange, Ignore, Deploy or Unsupported (Azure's words)."""

    kind: str
    resource_type: str
    name: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One resource of a running deployment. error: Azure's innermost reason, empty while all is well."""

    resource_type: str
    name: str
    state: str
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class DeploymentState:
    """Where a deployment stands. state: Azure's provisioning state; error: why it failed, innermost reason first."""

    state: str
    error: str = ""
    code: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.state in {"Succeeded", "Failed", "Canceled"}


@dataclass(frozen=True)
class Machine:
    """A virtual machine. power: running, deallocated, stopped, starting, … or "" when Azure does not say."""

    resource_id: str
    name: str
    group: str
    region: str
    size: str
    os: str
    power: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """An extension or a command on a machine. state: Azure's provisioning state; text: what it printed, or why not."""

    state: str
    text: str = ""

    @property
    def ended(self) -> bool:
        return self.state in {"Succeeded", "Failed", "Canceled"}
