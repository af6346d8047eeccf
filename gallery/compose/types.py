"""A compose project as typed, frozen values, in the words of the Compose Specification.

Everything here is to be applied: an attribute that has no field here is refused by name by the parser, so whoever turns
a `Project` into Engine API bodies must use every field.

Sizes are bytes, durations are seconds, empty strings and empty tuples mean "not given, the engine's own default".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .network_types import AddressPool, Network, ServiceNetwork, Volume
from .parts import BlockIo, DeviceRequest, File, Hook, Note, Variable

__all__ = [
    "AddressPool", "BlockIo", "Dependency", "Device", "DeviceRequest", "File", "Healthcheck", "Hook", "Logging",
    "Mount", "Network", "Note", "Placement", "Port", "Project", "Resources", "Restart", "Service",
    "ServiceNetwork", "Ulimit", "Update", "Variable", "Volume",
]  # fmt: skip


@dataclass(frozen=True)
class Port:
    """A published port. [Compose Specification, services.ports]

    target: 1..65535 in the container. published: "" (the engine chooses), "8080", or a range "8000-8010" from which
    the engine takes one free port; the same text as the Engine API's HostPort.
    address: host address to bind, "" for all. protocol: tcp, udp or sctp. mode: host, ingress or ""; without a cluster
    all mean: publish on the host that runs the container.
    """

    target: int
    published: str = ""
    address: str = ""
    protocol: str = "tcp"
    mode: str = ""


@dataclass(frozen=True)
class Mount:
    """A mount of a service. [services.volumes, services.tmpfs]

    type: bind, volume, tmpfs, npipe or image.
    source: bind: absolute path on the host; volume: key in `Project.volumes`, "" for an anonymous volume; tmpfs: "";
    image: its reference.
    create_host_path: bind only: make the directory on the host when it is absent (the default of both forms).
    propagation: bind only: rprivate, shared, ...; "" for the engine's default. selinux: "z", "Z" or "".
    recursive: bind only: enabled, disabled, writable, readonly or "". nocopy, labels (of an anonymous volume): volume
    only. subpath: volume or image, "" for all of it. tmpfs_size: bytes, 0 for no limit. tmpfs_mode: as 0o1777, 0 for
    default.
    """

    type: str
    target: str
    source: str = ""
    read_only: bool = False
    create_host_path: bool = False
    propagation: str = ""
    selinux: str = ""
    nocopy: bool = False
    tmpfs_size: int = 0
    tmpfs_mode: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    recursive: str = ""
    subpath: str = ""


@dataclass(frozen=True)
class Restart:
    """name: no, always, on-failure or unless-stopped. max_retries: on-failure only, 0 for no limit."""

    name: str = "no"
    max_retries: int = 0


@dataclass(frozen=True)
class Healthcheck:
    """test: as in the Engine API: ("CMD", ...), ("CMD-SHELL", "text") or ("NONE",) to switch the image's own off; () to
    keep the image's own test and change its times. None: the image's own value."""

    test: tuple[str, ...] = ()
    interval: float | None = None
    timeout: float | None = None
    start_period: float | None = None
    retries: int | None = None
    start_interval: float | None = None


@dataclass(frozen=True)
class Resources:
    """Limits of one container. None: no limit. cpus: 0.5 is half a core.

    memory_swap: bytes of memory and swap together, -1 for unlimited. pids: -1 for unlimited. swappiness: 0..100.
    cpu_period, cpu_quota, cpu_rt_period, cpu_rt_runtime: microseconds. cpu_count, cpu_percent: Windows only.
    reserved_cpus: counts when a cluster chooses the machine; an engine alone cannot reserve CPUs.
    """

    cpus: float | None = None
    memory: int | None = None
    memory_reservation: int | None = None
    memory_swap: int | None = None
    pids: int | None = None
    cpu_shares: int | None = None
    cpuset: str = ""
    cpu_period: int | None = None
    cpu_quota: int | None = None
    cpu_rt_period: int | None = None
    cpu_rt_runtime: int | None = None
    cpu_count: int | None = None
    cpu_percent: int | None = None
    swappiness: int | None = None
    oom_kill_disable: bool = False
    reserved_cpus: float | None = None
    generic: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Dependency:
    """condition: service_started, service_healthy or service_completed_successfully.

    restart: whether the dependent is remade when the other one is. implied: not from depends_on, but because a
    namespace, a link or a volume of the other is shared.
    """

    service: str
    condition: str = "service_started"
    restart: bool = False
    implied: bool = False


@dataclass(frozen=True)
class Ulimit:
    """name as in ulimit: nofile, nproc, ..."""

    name: str
    soft: int
    hard: int


@dataclass(frozen=True)
class Device:
    """A device of the host. permissions: out of "rwm"."""

    source: str
    target: str
    permissions: str = "rwm"


@dataclass(frozen=True)
class Logging:
    """driver: "" for the engine's default."""

    driver: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Placement:
    """Where a service may run. [Compose Deploy Specification, placement]

    constraints: "node.labels.zone == north", "node.platform.os==linux", ... each with == or !=.
    spread: what replicas are spread over, e.g. "node.labels.zone". max_per_host: replicas on one host, 0 for no limit.
    """

    constraints: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()
    max_per_host: int = 0


@dataclass(frozen=True)
class Update:
    """How containers of a service are replaced. [Compose Deploy Specification, update_config and rollback_config]

    parallelism: how many at a time, 0 for all. delay: seconds between batches. monitor: seconds each must stay well,
    None for the portal's own time. failure_action: pause, continue or rollback. max_failure_ratio: 0..1.
    order: stop-first or start-first.
    """

    parallelism: int = 1
    delay: float = 0.0
    failure_action: str = "rollback"
    monitor: float | None = None
    max_failure_ratio: float = 0.0
    order: str = "stop-first"


@dataclass(frozen=True)
class Service:
    """One service of a project. line: where it starts in the compose text, from 1.

    command, entrypoint: None: the image's own; (): none at all. A text was split as a shell would.
    environment: complete values, after interpolation. labels: without those that the portal adds.
    network_mode: "" when `networks` holds; else host, none, bridge, "service:NAME" or "container:NAME", and `networks`
    is empty. ipc, pid: the same forms, "" for the engine's own.
    hosts: extra_hosts as ("name:address", ...), the form of the Engine API's ExtraHosts.
    pull_policy: always, missing or never. platform: "linux/amd64" or "".
    container_name: "" for the usual <project>-<service>-<n>; given only together with one replica.
    stop_grace_period: seconds, None for the engine's default (10).
    mode: replicated, or global (one on each host that fits). update, rollback: None when the text says nothing.
    endpoint_mode: vip, dnsrr or ""; it matters in a cluster only, as do deploy_labels and restart_delay and
    restart_window (seconds).
    links: ("service", "alias"); external_links: ("container", "alias"). volumes_from: "service:NAME[:ro]" or
    "container:NAME[:ro]". tmpfs: path -> the engine's own options text. profiles: () for always.
    device_rules: as "c 1:3 mr". devices_wanted: what a driver hands out. files: written before the start.
    security_opt has the credential spec of Windows in it.
    """

    name: str
    image: str
    line: int = 0
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[Port, ...] = ()
    expose: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    networks: tuple[ServiceNetwork, ...] = ()
    network_mode: str = ""
    depends_on: tuple[Dependency, ...] = ()
    restart: Restart = Restart()
    healthcheck: Healthcheck | None = None
    resources: Resources = Resources()
    replicas: int = 1
    mode: str = "replicated"
    placement: Placement = Placement()
    update: Update | None = None
    rollback: Update | None = None
    endpoint_mode: str = ""
    container_name: str = ""
    hostname: str = ""
    domainname: str = ""
    mac_address: str = ""
    user: str = ""
    working_dir: str = ""
    platform: str = ""
    isolation: str = ""
    runtime: str = ""
    pull_policy: str = "missing"
    init: bool | None = None
    tty: bool = False
    stdin_open: bool = False
    read_only: bool = False
    privileged: bool = False
    stop_signal: str = ""
    stop_grace_period: float | None = None
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    group_add: tuple[str, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    ulimits: tuple[Ulimit, ...] = ()
    devices: tuple[Device, ...] = ()
    shm_size: int | None = None
    hosts: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    dns_opt: tuple[str, ...] = ()
    logging: Logging | None = None
    pid: str = ""
    ipc: str = ""
    uts: str = ""
    userns_mode: str = ""
    cgroup: str = ""
    cgroup_parent: str = ""
    oom_score_adj: int | None = None
    profiles: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    external_links: tuple[tuple[str, str], ...] = ()
    volumes_from: tuple[str, ...] = ()
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    storage_opt: Mapping[str, str] = field(default_factory=dict)
    device_rules: tuple[str, ...] = ()
    devices_wanted: tuple[DeviceRequest, ...] = ()
    block_io: BlockIo | None = None
    files: tuple[File, ...] = ()
    post_start: tuple[Hook, ...] = ()
    pre_stop: tuple[Hook, ...] = ()
    deploy_labels: Mapping[str, str] = field(default_factory=dict)
    restart_delay: float | None = None
    restart_window: float | None = None


@dataclass(frozen=True)
class Project:
    """A whole project, services in the order of the text.

    networks, volumes: those that a service uses, by key. The key "default" is there when a service names no network.
    idle: names of services that no chosen profile switches on. notes: what deserves a look, in the order of the text.
    """

    name: str
    services: tuple[Service, ...]
    networks: Mapping[str, Network] = field(default_factory=dict)
    volumes: Mapping[str, Volume] = field(default_factory=dict)
    idle: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    def service(self, name: str) -> Service:
        """The service called `name`. Raises KeyError."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)
