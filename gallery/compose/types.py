"""A compose project as typed, frozen values, in the words of the Compose Specification.

Everything here is to be applied: an attribute that has no field here is refused by name by the parser, so whoever turns
a `Project` into Engine API bodies must use every field.

Sizes are bytes, durations are seconds, empty strings and empty tuples mean "not given, the engine's own default".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

NO_TEXT: Mapping[str, str] = {}


@dataclass(frozen=True)
class Port:
    """A published port. [Compose Specification, services.ports]

    target: 1..65535 in the container. published: "" (the engine chooses), "8080", or a range "8000-8010" from which
    the engine takes one free port; the same text as the Engine API's HostPort.
    address: host address to bind, "" for all. protocol: tcp, udp or sctp.
    """

    target: int
    published: str = ""
    address: str = ""
    protocol: str = "tcp"


@dataclass(frozen=True)
class Mount:
    """A mount of a service. [services.volumes, services.tmpfs]

    type: bind, volume, tmpfs or npipe.
    source: bind: absolute path on the host; volume: key in `Project.volumes`, "" for an anonymous volume; tmpfs: "".
    create_host_path: bind only: make the directory on the host when it is absent (the default of both forms).
    propagation: bind only: rprivate, shared, ...; "" for the engine's default. selinux: "z", "Z" or "".
    nocopy: volume only. tmpfs_size: bytes, 0 for no limit. tmpfs_mode: as 0o1777, 0 for default.
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


@dataclass(frozen=True)
class Resources:
    """Limits of one container. None: no limit. cpus: 0.5 is half a core.

    memory_swap: bytes of memory and swap together, -1 for unlimited. pids: -1 for unlimited.
    """

    cpus: float | None = None
    memory: int | None = None
    memory_reservation: int | None = None
    memory_swap: int | None = None
    pids: int | None = None
    cpu_shares: int | None = None
    cpuset: str = ""


@dataclass(frozen=True)
class ServiceNetwork:
    """A network a service joins. key: in `Project.networks`. The service name is always an alias besides these."""

    key: str
    aliases: tuple[str, ...] = ()
    ipv4_address: str = ""
    ipv6_address: str = ""


@dataclass(frozen=True)
class Dependency:
    """condition: service_started, service_healthy or service_completed_successfully."""

    service: str
    condition: str = "service_started"


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
    network_mode: "" when `networks` holds; else host, none or bridge, and `networks` is empty.
    hosts: extra_hosts as ("name:address", ...), the form of the Engine API's ExtraHosts.
    pull_policy: always, missing or never. platform: "linux/amd64" or "".
    container_name: "" for the usual <project>-<service>-<n>; given only together with one replica.
    stop_grace_period: seconds, None for the engine's default (10).
    mode: replicated, or global (one on each host that fits). update, rollback: None when the text says nothing.
    endpoint_mode: vip, dnsrr or ""; it matters in a cluster only.
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
    oom_score_adj: int | None = None


@dataclass(frozen=True)
class AddressPool:
    """One entry of a network's ipam.config. auxiliary: name -> address."""

    subnet: str = ""
    gateway: str = ""
    ip_range: str = ""
    auxiliary: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """A network of the project. name: on the engine, `<project>_<key>` unless the file names it.

    external: it is there already and is neither made nor removed.
    """

    key: str
    name: str
    external: bool = False
    driver: str = ""
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    internal: bool = False
    attachable: bool = False
    enable_ipv6: bool = False
    ipam_driver: str = ""
    ipam_options: Mapping[str, str] = field(default_factory=dict)
    ipam: tuple[AddressPool, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Volume:
    """A named volume of the project. name: on the engine, `<project>_<key>` unless the file names it."""

    key: str
    name: str
    external: bool = False
    driver: str = ""
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """A whole project, services in the order of the text.

    networks, volumes: those that a service uses, by key. The key "default" is there when a service names no network.
    """

    name: str
    services: tuple[Service, ...]
    networks: Mapping[str, Network] = field(default_factory=dict)
    volumes: Mapping[str, Volume] = field(default_factory=dict)

    def service(self, name: str) -> Service:
        """The service called `name`. Raises KeyError."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)


@dataclass(frozen=True)
class Variable:
    """A name that the text interpolates. default: None when there is none. required: it has the form ${NAME:?...}."""

    name: str
    default: str | None = None
    required: bool = False
    help: str = ""
