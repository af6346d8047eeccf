"""The words of a plan: what would change, host by host. Pure data, no Django.

A plan is made by `hosts.planning`, shown on pages, stored with a deployment as JSON, and turned into commands.
Sizes are bytes. `None` for a size means unknown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from portal.problems import Refused

CREATE, RECREATE, KEEP, REMOVE = "create", "recreate", "keep", "remove"
PULL, BUILD, PRESENT, LOCAL_ONLY = "pull", "build", "present", "local-only"


@dataclass(frozen=True)
class Refusal:
    """One reason why a plan may not be carried out.

    code: stable word, e.g. image-not-found, tag-not-found, platform-mismatch, port-taken, port-twice, host-away,
    host-unknown, engine-down, no-host-fits, memory-short, compose-invalid, constraint-unmet, constraint-invalid,
    replicas-too-many, no-published-port, host-address-unknown, volume-differs, volume-not-found.
    detail: what it means and what to do. service, host: names, "" when it concerns no single one.
    rule: of the policy that forbids it, "" for what is no matter of policy.
    """

    code: str
    detail: str
    service: str = ""
    host: str = ""
    rule: str = ""


class PlanRefused(Refused):
    """The plan was refused, for every reason in `refusals`. The API adds them as the member `refusals`."""

    code = "plan-refused"
    title = "This cannot be deployed as it is"

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        fields: dict[str, list[str]] = {}
        for refusal in self.refusals:
            fields.setdefault(refusal.service or "targets", []).append(refusal.detail)
        code = self.refusals[0].code if len({r.code for r in self.refusals}) == 1 else None
        super().__init__(" ".join(dict.fromkeys(r.detail for r in self.refusals)), code=code, fields=fields)

    def as_dict(self) -> dict[str, object]:
        return {**super().as_dict(), "refusals": [asdict(refusal) for refusal in self.refusals]}


@dataclass(frozen=True)
class PlannedPort:
    """A port the container publishes; published 0 = the engine picks a free one."""

    target: int
    published: int = 0
    protocol: str = "tcp"
    address: str = ""


@dataclass(frozen=True)
class PlannedContainer:
    """One container: action is create, recreate, keep or remove; reason says why, in words for people.

    starts: it is kept and does not run now, so it is started.
    """

    name: str
    service: str
    number: int
    action: str
    reason: str
    image: str = ""
    config_hash: str = ""
    ports: tuple[PlannedPort, ...] = ()
    starts: bool = False


@dataclass(frozen=True)
class PlannedImage:
    """How one image gets to the host.

    action: pull, build, present (already there) or local-only (there, and in no registry that answers).
    pull_bytes: 0 when nothing is pulled, None when unknown. note: a sentence when there is something to tell.
    """

    reference: str
    action: str
    digest: str = ""
    platform: str = ""
    pull_bytes: int | None = 0
    note: str = ""


@dataclass(frozen=True)
class PlannedHost:
    """The part of one host. networks, volumes: names that will be made; kept_volumes: that exist and are used."""

    host_id: str
    host: str
    platform: str
    containers: tuple[PlannedContainer, ...]
    images: tuple[PlannedImage, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    kept_volumes: tuple[str, ...] = ()

    @property
    def pull_bytes(self) -> int | None:
        """Bytes to pull in all; None when one of them is unknown."""
        sizes = [image.pull_bytes for image in self.images]
        return None if None in sizes else sum(size or 0 for size in sizes)

    @property
    def changes(self) -> int:
        """How many containers are made, remade or removed."""
        return sum(1 for container in self.containers if container.action != KEEP)


@dataclass(frozen=True)
class PlannedMeeting:
    """How a service reaches one on another host: at address:port. detail: the reason, a sentence."""

    service: str
    host: str
    other: str
    other_host: str
    address: str
    port: int
    detail: str


@dataclass(frozen=True)
class PlannedBatch:
    """What is replaced at the same time. parts: host id -> names of containers; text: the same for people.

    delay: seconds of rest before it. monitor: seconds each must stay well, None for the usual time.
    actions: service -> what happens when one of it fails (pause, continue, rollback).
    """

    parts: dict[str, tuple[str, ...]]
    text: str
    delay: float = 0.0
    monitor: float | None = None
    actions: dict[str, str] = field(default_factory=dict)
    max_failure_ratio: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What would change if a revision were deployed now. warnings: sentences; nothing of them stops the deployment.

    meetings: how services on different hosts find each other. batches: the order of the rollout; with one batch
    everything goes at once.
    """

    application: str
    revision: int
    hosts: tuple[PlannedHost, ...]
    warnings: tuple[str, ...] = field(default=())
    meetings: tuple[PlannedMeeting, ...] = field(default=())
    batches: tuple[PlannedBatch, ...] = field(default=())

    @property
    def changes(self) -> int:
        return sum(host.changes for host in self.hosts)

    @property
    def pull_bytes(self) -> int | None:
        sizes = [host.pull_bytes for host in self.hosts]
        return None if None in sizes else sum(size or 0 for size in sizes)

    @property
    def digest(self) -> str:
        """SHA-256 over what would be done, as "sha256:…"; equal digests mean the same plan.

        Sizes, reasons and notes do not count: an image that has arrived meanwhile does not make it another plan. What
        an image stands for is part of each container's config_hash.
        """
        done = [
            [host.host_id, [[one.name, one.action, one.config_hash, one.image] for one in host.containers]]
            for host in self.hosts
        ]
        text = json.dumps([self.application, self.revision, done], sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """As pages, API and `Deployment.plan` have it: the fields, with pull_bytes, changes and digest added."""
        body: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        for host, planned in zip(body["hosts"], self.hosts, strict=True):
            host["pull_bytes"], host["changes"] = planned.pull_bytes, planned.changes
        return {**body, "pull_bytes": self.pull_bytes, "changes": self.changes, "digest": self.digest}
