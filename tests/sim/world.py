"""What a simulated engine holds: containers, images, networks, volumes, and what happens to them. No I/O.

Answers have the shapes of the Engine API 1.41; refusals have a Docker Engine's own words.
"""

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

ZERO_TIME = "0001-01-01T00:00:00Z"


class Refusal(Exception):
    """An error answer: status and the engine's words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class Behaviour:
    """What a container of an image does once started.

    exits: seconds until it ends by itself with `exit_code`, None for never. healthy: seconds until its healthcheck
    says `health`; None for an image without a healthcheck. log: what it writes to standard output when it starts.
    serves: whether it answers HTTP on its published ports, with its name; at: the address where it does.
    """

    exits: float | None = None
    exit_code: int = 0
    healthy: float | None = None
    health: str = "healthy"
    log: bytes = b""
    start_error: str = ""
    serves: bool = False
    at: str = "127.0.0.1"


@dataclass
class Image:
    """An image. reference: "web:1", or "web@sha256:…" of one that was pulled by digest. layers: (id, bytes) as a pull
    tells them. os_version: of Windows images."""

    reference: str
    id: str = ""
    behaviour: Behaviour = field(default_factory=Behaviour)
    layers: tuple[tuple[str, int], ...] = (("aaaaaaaaaaaa", 1000), ("bbbbbbbbbbbb", 3000))
    digest: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    os: str = "linux"
    os_version: str = ""
    tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = self.id or "sha256:" + hashlib.sha256(self.reference.encode()).hexdigest()
        if not self.tags and "@" not in self.reference:
            self.tags = [self.reference]

    @property
    def name(self) -> str:
        """The reference without tag or digest."""
        return self.reference.partition("@")[0] if "@" in self.reference else self.reference.rpartition(":")[0]


@dataclass
class Container:
    """A container; `body` is what it was created from."""

    id: str
    name: str
    body: Json
    image: Image
    state: str = "created"
    exit_code: int = 0
    error: str = ""
    health: str = ""
    restarts: int = 0
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: datetime | None = None
    finished: datetime | None = None
    log: bytes = b""
    networks: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    mounts: list[Json] = field(default_factory=list)

    @property
    def running(self) -> bool:
        return self.state in {"running", "paused", "restarting"}

    @property
    def host_config(self) -> Json:
        return dict(self.body.get("HostConfig") or {})

    @property
    def bindings(self) -> dict[str, list[Json]]:
        return dict(self.host_config.get("PortBindings") or {})

    @property
    def host_ports(self) -> set[str]:
        return {place["HostPort"] for places in self.bindings.values() for place in places or [] if place["HostPort"]}


class World:
    """Everything one engine holds. `emit(type, action, id, attributes)` is called for every change.

    What differs from one system to another is in the constants, which a world of another system replaces.
    """

    NETWORKS = {"bridge": "bridge", "host": "host", "none": "null"}
    DEFAULT_NETWORK = "bridge"
    SUBNET = "172.30.0.0/16"
    VOLUME_FOLDER = "/var/lib/docker/volumes/{name}/_data"
    STOPPED, KILLED = 0, 137

    def __init__(self) -> None:
        self.containers: dict[str, Container] = {}
        self.images: dict[str, Image] = {}
        self.remote: dict[str, Image] = {}
        self.networks: dict[str, Json] = {}
        self.volumes: dict[str, Json] = {}
        self.execs: dict[str, Json] = {}
        self.emit: Callable[[str, str, str, dict[str, str]], None] = lambda *_: None
        self._numbers = itertools.count(1)
        for name, driver in self.NETWORKS.items():
            self.networks[name] = self._network(name, {"Driver": driver})

    # Images

    def add_image(self, reference: str, behaviour: Behaviour | None = None) -> Image:
        """An image that is on the host."""
        image = Image(reference, behaviour=behaviour or Behaviour())
        self.images[reference] = image
        return image

    def offer_image(self, reference: str, behaviour: Behaviour | None = None) -> Image:
        """An image that can be pulled."""
        digest = "sha256:" + hashlib.sha256(b"manifest " + reference.encode()).hexdigest()
        image = Image(reference, behaviour=behaviour or Behaviour(), digest=digest)
        self.remote[reference] = image
        return image

    def image(self, reference: str) -> Image:
        """The image with this reference, id or digest. Raises Refusal."""
        wanted = reference if ":" in reference.rpartition("/")[2] or "@" in reference else f"{reference}:latest"
        for image in self.images.values():
            if reference == image.id or wanted in {image.reference, f"{image.name}@{image.digest}", *image.tags}:
                return image
        raise Refusal(404, f"No such image: {wanted}")

    # Containers

    def container(self, word: str) -> Container:
        """The container with this id, start of an id, or name. Raises Refusal."""
        for container in self.containers.values():
            if word in {container.id, container.name} or (len(word) >= 12 and container.id.startswith(word)):
                return container
        raise Refusal(404, f"No such container: {word}")

    def create(self, name: str, body: Json) -> Container:
        """POST /containers/create."""
        image = self.image(str(body.get("Image", "")))
        name = name or f"sim_{next(self._numbers)}"
        for other in self.containers.values():
            if other.name == name:
                raise Refusal(
                    409,
                    f'Conflict. The container name "/{name}" is already in use by container "{other.id}". You have to '
                    "remove (or rename) that container to be able to reuse that name.",
                )
        cid = hashlib.sha256(f"{id(self)} {next(self._numbers)}".encode()).hexdigest()
        container = Container(cid, name, body, image)
        endpoints = (body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
        container.networks = list(endpoints) or [self.DEFAULT_NETWORK]
        self.containers[cid] = container
        self._tell(container, "create")
        return container

    def start(self, container: Container) -> bool:
        """POST /containers/{id}/start; gives whether it was not running yet."""
        if container.running:
            return False
        if container.image.behaviour.start_error:
            raise Refusal(500, container.image.behaviour.start_error)
        for other in self.containers.values():
            taken = other.host_ports & container.host_ports
            if other is not container and other.running and taken:
                raise Refusal(
                    500,
                    f"driver failed programming external connectivity on endpoint {container.name} ({'0' * 64}): Bind "
                    f"for 0.0.0.0:{min(taken)} failed: port is already allocated",
                )
        container.state = "running"
        container.started = datetime.now(UTC)
        container.health = "starting" if container.image.behaviour.healthy is not None else ""
        container.log += container.image.behaviour.log
        self._tell(container, "start")
        return True

    def end(self, container: Container, exit_code: int) -> bool:
        """Its process ends; gives whether it was running."""
        if not container.running:
            return False
        container.state, container.exit_code, container.health = "exited", exit_code, ""
        container.finished = datetime.now(UTC)
        self._tell(container, "die", exitCode=str(exit_code))
        return True

    def check(self, container: Container, health: str) -> None:
        """Its healthcheck says something new."""
        container.health = health
        self._tell(container, f"health_status: {health}")

    def rename(self, container: Container, name: str) -> None:
        """POST /containers/{id}/rename."""
        if any(other.name == name for other in self.containers.values()):
            raise Refusal(409, f'Conflict. The container name "/{name}" is already in use by container "x".')
        container.name = name
        self._tell(container, "rename")

    def remove(self, container: Container, *, force: bool) -> None:
        """DELETE /containers/{id}."""
        if container.running and not force:
            raise Refusal(
                409,
                f"You cannot remove a running container {container.id}. Stop the container before attempting removal "
                "or force remove",
            )
        self.end(container, self.KILLED)
        del self.containers[container.id]
        self._tell(container, "destroy")

    def run(self, container: Container, words: list[str]) -> tuple[int, bytes]:
        """A command in a container: its exit code and what it writes. Nothing is really run: it is repeated."""
        return 0, (" ".join(words) + "\n").encode()

    def update(self, container: Container, body: Json) -> None:
        """POST /containers/{id}/update."""
        container.body.setdefault("HostConfig", {}).update(body)

    def top(self, container: Container, arguments: str) -> Json:
        """GET /containers/{id}/top."""
        return {"Titles": ["PID", "CMD"], "Processes": [["1234", " ".join(container.body.get("Cmd") or ["/sim"])]]}

    def _tell(self, container: Container, action: str, **more: str) -> None:
        labels = container.body.get("Labels") or {}
        self.emit(
            "container",
            action,
            container.id,
            {"image": container.image.reference, "name": container.name, **labels, **more},
        )

    # Networks and volumes

    def create_network(self, body: Json) -> Json:
        """POST /networks/create."""
        name = str(body["Name"])
        if name in self.networks:
            raise Refusal(409, f"network with name {name} already exists")
        self.networks[name] = self._network(name, body)
        driver = self.networks[name]["Driver"]
        self.emit("network", "create", str(self.networks[name]["Id"]), {"name": name, "type": driver})
        return self.networks[name]

    def remove_network(self, word: str) -> None:
        """DELETE /networks/{id}."""
        for name, network in self.networks.items():
            if word in {name, network["Id"]}:
                if any(name in container.networks and container.running for container in self.containers.values()):
                    raise Refusal(403, f"error while removing network: network {name} has active endpoints")
                del self.networks[name]
                self.emit("network", "destroy", str(network["Id"]), {"name": name, "type": network["Driver"]})
                return
        raise Refusal(404, f"network {word} not found")

    def create_volume(self, body: Json) -> Json:
        """POST /volumes/create; one that is there is given."""
        name = str(body["Name"])
        if name not in self.volumes:
            self.volumes[name] = {
                "Name": name,
                "Driver": body.get("Driver", "local"),
                "Mountpoint": self.VOLUME_FOLDER.format(name=name),
                "CreatedAt": datetime.now(UTC).isoformat(),
                "Labels": body.get("Labels") or {},
                "Scope": "local",
                "Options": {},
            }
            self.emit("volume", "create", name, {"driver": "local"})
        return self.volumes[name]

    def remove_volume(self, name: str) -> None:
        """DELETE /volumes/{name}."""
        if self.volumes.pop(name, None) is None:
            raise Refusal(404, f"get {name}: no such volume")
        self.emit("volume", "destroy", name, {"driver": "local"})

    def _network(self, name: str, body: Json) -> Json:
        return {
            "Name": name,
            "Id": hashlib.sha256(f"network {name}".encode()).hexdigest(),
            "Created": datetime.now(UTC).isoformat(),
            "Scope": "local",
            "Driver": body.get("Driver") or self.DEFAULT_NETWORK,
            "EnableIPv6": False,
            "IPAM": {"Driver": "default", "Config": [{"Subnet": self.SUBNET}]},
            "Internal": False,
            "Attachable": False,
            "Ingress": False,
            "Containers": {},
            "Options": {},
            "Labels": body.get("Labels") or {},
        }
