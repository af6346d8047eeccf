"""The parts of the Engine API's objects that the agent reads. Names as in the API; what it may leave out has a default.

The engine sends null for empty lists and maps; `or ()` at the place of use covers it.
"""

from typing import Any

import msgspec
from msgspec import field


class Part(msgspec.Struct, frozen=True, rename="pascal"):
    """Base: PascalCase names, unknown fields ignored (newer engines add some)."""


class Component(Part, frozen=True):
    name: str = ""


class Version(Part, frozen=True):
    version: str
    api_version: str
    min_api_version: str = field(name="MinAPIVersion", default="")
    os: str = ""
    arch: str = ""
    components: tuple[Component, ...] | None = ()

    @property
    def other_name(self) -> str:
        """What it calls itself when it is no Docker Engine, "" when it is one."""
        first = next(iter(self.components or ()), Component()).name
        return "Podman" if "podman" in first.lower() else ""


class Info(Part, frozen=True):
    id: str = field(name="ID", default="")
    name: str = ""
    driver: str = ""
    kernel_version: str = ""
    operating_system: str = ""
    os_version: str = field(name="OSVersion", default="")
    os_type: str = field(name="OSType", default="")
    architecture: str = ""
    cpus: int = field(name="NCPU", default=0)
    memory: int = field(name="MemTotal", default=0)
    docker_root_dir: str = ""
    server_version: str = ""
    isolation: str = ""
    security_options: tuple[str, ...] | None = ()
    cgroup_version: str = ""


class ListedPort(Part, frozen=True):
    private_port: int = 0
    public_port: int = 0
    type: str = "tcp"
    ip: str = field(name="IP", default="")


class MountPoint(Part, frozen=True):
    type: str = ""
    name: str = ""
    source: str = ""
    destination: str = ""
    rw: bool = field(name="RW", default=True)


class ListedNetworks(Part, frozen=True):
    networks: dict[str, Any] | None = None


class ListedContainer(Part, frozen=True):
    """A row of GET /containers/json."""

    id: str
    names: tuple[str, ...] | None = ()
    image: str = ""
    image_id: str = field(name="ImageID", default="")
    command: str = ""
    created: int = 0
    ports: tuple[ListedPort, ...] | None = ()
    labels: dict[str, str] | None = None
    state: str = ""
    status: str = ""
    network_settings: ListedNetworks | None = None
    mounts: tuple[MountPoint, ...] | None = ()


class HealthCheck(Part, frozen=True):
    exit_code: int = 0
    output: str = ""


class Health(Part, frozen=True):
    status: str = ""
    log: tuple[HealthCheck, ...] | None = ()


class State(Part, frozen=True):
    status: str = ""
    running: bool = False
    restarting: bool = False
    oom_killed: bool = field(name="OOMKilled", default=False)
    exit_code: int = 0
    error: str = ""
    started_at: str = ""
    finished_at: str = ""
    health: Health | None = None


class RestartPolicy(Part, frozen=True):
    name: str = ""


class PortBinding(Part, frozen=True):
    host_ip: str = ""
    host_port: str = ""


class HostConfig(Part, frozen=True):
    network_mode: str = ""
    restart_policy: RestartPolicy | None = None
    port_bindings: dict[str, tuple[PortBinding, ...] | None] | None = None


class Config(Part, frozen=True):
    image: str = ""
    labels: dict[str, str] | None = None
    tty: bool = False
    exposed_ports: dict[str, Any] | None = None


class Endpoint(Part, frozen=True):
    network_id: str = field(name="NetworkID", default="")
    ip_address: str = field(name="IPAddress", default="")


class NetworkSettings(Part, frozen=True):
    ports: dict[str, tuple[PortBinding, ...] | None] | None = None
    networks: dict[str, Endpoint | None] | None = None


class Container(Part, frozen=True):
    """GET /containers/{id}/json. image: the image id."""

    id: str
    name: str = ""
    created: str = ""
    path: str = ""
    args: tuple[str, ...] | None = ()
    state: State = State()
    image: str = ""
    restart_count: int = 0
    host_config: HostConfig = HostConfig()
    config: Config = Config()
    network_settings: NetworkSettings = NetworkSettings()
    mounts: tuple[MountPoint, ...] | None = ()

    @property
    def plain_name(self) -> str:
        """The name without the API's leading slash."""
        return self.name.removeprefix("/")

    @property
    def labels(self) -> dict[str, str]:
        return self.config.labels or {}

    @property
    def health(self) -> str:
        """starting, healthy, unhealthy, or "" without a healthcheck (the API says "none" or nothing)."""
        status = self.state.health.status if self.state.health else ""
        return "" if status == "none" else status


class ListedImage(Part, frozen=True):
    id: str
    repo_tags: tuple[str, ...] | None = ()
    repo_digests: tuple[str, ...] | None = ()
    size: int = 0
    created: int = 0


class ImageConfig(Part, frozen=True):
    labels: dict[str, str] | None = None
    volumes: dict[str, Any] | None = None


class Image(Part, frozen=True):
    """GET /images/{name}/json."""

    id: str
    repo_tags: tuple[str, ...] | None = ()
    repo_digests: tuple[str, ...] | None = ()
    os: str = ""
    architecture: str = ""
    variant: str = ""
    config: ImageConfig | None = None


class Pool(Part, frozen=True):
    subnet: str = ""


class Ipam(Part, frozen=True):
    config: tuple[Pool, ...] | None = ()


class Network(Part, frozen=True):
    id: str
    name: str
    driver: str = ""
    scope: str = ""
    ipam: Ipam | None = field(name="IPAM", default=None)
    labels: dict[str, str] | None = None


class Volume(Part, frozen=True):
    name: str
    driver: str = ""
    created_at: str = ""
    labels: dict[str, str] | None = None
    options: dict[str, str] | None = None


class VolumeList(Part, frozen=True):
    volumes: tuple[Volume, ...] | None = ()


class Created(Part, frozen=True):
    """The answer to a create: the new id, and what the engine wants to warn of."""

    id: str = ""
    warnings: tuple[str, ...] | None = ()


class Actor(Part, frozen=True):
    id: str = field(name="ID", default="")
    attributes: dict[str, str] | None = None


class Event(Part, frozen=True):
    """One event of GET /events. action of a healthcheck is "health_status: healthy"."""

    type: str = ""
    action: str = ""
    actor: Actor = Actor()
    time_nano: int = field(name="timeNano", default=0)


class ProgressDetail(msgspec.Struct, frozen=True):
    current: int = 0
    total: int = 0


class ErrorDetail(msgspec.Struct, frozen=True):
    message: str = ""


class Pushed(msgspec.Struct, frozen=True):
    """The end of a push. digest: of the manifest; size: its bytes."""

    digest: str = field(name="Digest", default="")
    size: int = field(name="Size", default=0)


class Progress(msgspec.Struct, frozen=True):
    """One line of a pull, a push or a build."""

    status: str = ""
    id: str = ""
    stream: str = ""
    error: str = ""
    progress_detail: ProgressDetail | None = field(name="progressDetail", default=None)
    error_detail: ErrorDetail | None = field(name="errorDetail", default=None)
    aux: Pushed | None = None
