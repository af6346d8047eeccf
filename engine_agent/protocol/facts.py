"""What an agent tells of its machine and of what the engine holds.

Times are UTC datetimes, sizes are bytes, names are the Engine API's own where it has one.
"""

from datetime import datetime

import msgspec

from .policy.rules import PolicyFact

DISK_FULL_BYTES = 200 * 2**20  # with less free, a disk counts as full


class HostFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The machine and its engine. Empty strings and zeros mean unknown.

    engine_error: why the engine does not answer, in words for people; empty when it answers.
    os_version: kernel-independent version, for Windows the four-part build (10.0.20348.2655).
    architecture: in Go's words (amd64, arm64, arm, 386, ppc64le, s390x, riscv64).
    cgroup_version: "1" or "2". engine_name: "Podman" for Podman's Docker-compatible socket, "" for a Docker Engine.
    data_root_free_bytes: a disk without any room is told as 1. agent_disk_full: that of the agent's state folder.
    policy: what the owner of the host allows; None: there is no policy file, and everything is.
    """

    hostname: str
    agent_version: str
    os: str = ""
    os_name: str = ""
    os_version: str = ""
    kernel: str = ""
    architecture: str = ""
    isolation: str = ""
    cpus: int = 0
    memory_bytes: int = 0
    engine_id: str = ""
    engine_version: str = ""
    api_version: str = ""
    engine_error: str = ""
    rootless: bool = False
    storage_driver: str = ""
    data_root_free_bytes: int = 0
    policy: PolicyFact | None = None
    cgroup_version: str = ""
    engine_name: str = ""
    agent_disk_full: bool = False


class PortFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One port of a container; published is 0 when the port is only exposed."""

    target: int
    protocol: str = "tcp"
    published: int = 0
    address: str = ""


class MountFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One mount: type bind, volume, tmpfs or npipe; name for volumes."""

    type: str
    target: str
    source: str = ""
    name: str = ""
    read_only: bool = False


class ContainerFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A container as the engine sees it now. health is "" without a healthcheck."""

    cid: str
    name: str
    image: str
    image_id: str
    state: str
    command: str = ""
    health: str = ""
    exit_code: int | None = None
    restarts: int = 0
    ports: tuple[PortFact, ...] = ()
    mounts: tuple[MountFact, ...] = ()
    networks: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    created: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None


class ImageFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    image_id: str
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    size: int = 0
    created: datetime | None = None


class NetworkFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    network_id: str
    name: str
    driver: str = ""
    scope: str = ""
    subnets: tuple[str, ...] = ()
    labels: dict[str, str] = {}


class VolumeFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """options: what its driver was given, passwords blanked (volume_options.py); None: an agent that does not tell."""

    name: str
    driver: str = ""
    labels: dict[str, str] = {}
    created: datetime | None = None
    options: dict[str, str] | None = None
