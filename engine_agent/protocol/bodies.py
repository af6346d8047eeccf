"""What a command asks of an agent, and what a query asks.

A command is durable and changes something; a query only reads, is never stored, and is answered at once or not at all.
"""

from typing import Any

import msgspec

from .access import RegistryAuth
from .files import FileSpec, HookSpec
from .package import UpdateAgent
from .swarm import (
    NodeRemove,
    NodeUpdate,
    StackDeploy,
    StackRemove,
    SwarmInit,
    SwarmInspect,
    SwarmJoin,
    SwarmLeave,
    SwarmRotate,
)
from .upkeep import Prune, PrunePreview, RotateKey


class BuildContext(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A build context the agent fetches from the portal over HTTP and gives to the engine's POST /build.

    path: on the portal, starting with "/"; sha256: of the tar archive, hex; size: its bytes.
    """

    path: str
    sha256: str
    size: int


class ImageSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An image that must be on the host before containers are made.

    reference: what containers name, e.g. "nginx:1.27" or "registry:5000/app@sha256:…".
    pull: always, missing or never; platform: "linux/amd64" or "" for the engine's own choice.
    digest: the index or manifest digest the tag was resolved to ("sha256:…"), "" when unknown; the agent
    pulls by it and tags.
    source: where the engine pulls from when that is not the reference itself, e.g. "registry:5000/library/nginx:1.27"
    for "nginx:1.27"; the image gets the reference as a tag.
    build: set when the image is built on the host instead of pulled.
    """

    reference: str
    pull: str = "missing"
    platform: str = ""
    digest: str = ""
    auth: RegistryAuth | None = None
    build: BuildContext | None = None
    source: str = ""


class NetworkSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A network of the project. create: the Engine API body of POST /networks/create, or None when external."""

    name: str
    create: dict[str, Any] | None = None


class VolumeSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named volume. create: the Engine API body of POST /volumes/create, or None when external."""

    name: str
    create: dict[str, Any] | None = None


class ContainerSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One wanted container.

    create: the Engine API body of POST /containers/create, labels included; networks beyond the first are connected
    after creation with the endpoint settings given here by network name.
    config_hash: as in the label com.docker.compose.config-hash; a container with another hash is recreated.
    depends_on: container names that must be started (or "healthy", "completed") first: name -> condition.
    stop_timeout: seconds of grace before a kill; None leaves it to the engine.
    files: written before it starts. post_start: run after each start; one that fails makes the deployment fail.
    order: stop-first (the previous one is stopped before this one is started), start-first, or "": the previous one
    stays up where nothing both need stands in the way.
    """

    name: str
    service: str
    number: int
    image: str
    config_hash: str
    create: dict[str, Any]
    networks: dict[str, dict[str, Any]] = {}
    depends_on: dict[str, str] = {}
    platform: str = ""
    stop_timeout: int | None = None
    files: tuple[FileSpec, ...] = ()
    post_start: tuple[HookSpec, ...] = ()
    order: str = ""


class Deploy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="deploy"):
    """Bring this host's part of a project to the wanted state. Containers of the project not named here are removed.

    settle_seconds: how long every container must have been running (and healthy) before it counts as a success.
    health_timeout: seconds to wait for a healthcheck before the previous containers are put back.

    A part of a rollout over several hosts or in batches has in addition:
    run: id of the command that began the rollout on this host, "" when it is this one; what is made says so.
    ran: container id -> whether it ran before the rollout, as the first command of it answered (result "ran").
    only: names of the containers to act on now, () for all. wait: seconds of rest before anything is done.
    hold: what gives way is kept until Conclude says what becomes of it.
    stay: on a failure everything is left as it is; otherwise the whole rollout is put back on this host.
    """

    project: str
    images: tuple[ImageSpec, ...]
    networks: tuple[NetworkSpec, ...]
    volumes: tuple[VolumeSpec, ...]
    containers: tuple[ContainerSpec, ...]
    settle_seconds: float = 2.0
    health_timeout: float = 180.0
    run: str = ""
    ran: dict[str, bool] | None = None
    only: tuple[str, ...] = ()
    wait: float = 0.0
    hold: bool = False
    stay: bool = False


class Prepare(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="prepare"):
    """Have the images of a project on the host; nothing else is touched. names: image reference -> service."""

    project: str
    images: tuple[ImageSpec, ...]
    names: dict[str, str] = {}


class Conclude(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="conclude"):
    """The end of a rollout on this host, begun by command `run`.

    keep: what gave way goes, and so does every container of the project that is not in `names`. Otherwise what the
    rollout made goes, and what gave way comes back; ran: as in Deploy. grace: name -> seconds before a kill.
    beside: names for which the previous one runs again before the new one goes.
    """

    project: str
    run: str
    keep: bool
    names: tuple[str, ...] = ()
    ran: dict[str, bool] = {}
    grace: dict[str, int] = {}
    beside: tuple[str, ...] = ()


class RemoveProject(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="remove_project"):
    """Stop and remove every container and network of a project; volumes only if asked."""

    project: str
    volumes: bool = False


class ContainerAction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="container_action"):
    """start, stop, restart, kill or remove one container. timeout: grace in seconds; force: remove although running."""

    cid: str
    action: str
    timeout: int | None = None
    signal: str = ""
    force: bool = False


class ImageRemove(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="image_remove"):
    """Remove an image or untag a reference."""

    reference: str
    force: bool = False


class ImagePush(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="image_push"):
    """Push an image of the host to a registry. Asked only of agents with the feature "publish".

    source: an id or a tag of the image; it gets `reference` as a tag first ("registry:5000/app:1"), which stays.
    auth: put in when it is sent, None for a registry that wants no sign-in.
    Result: {"reference", "digest", "size"}, as the registry took it.
    """

    source: str
    reference: str
    auth: RegistryAuth | None = None


CommandBody = (
    Deploy
    | Prepare
    | Conclude
    | RemoveProject
    | ContainerAction
    | ImageRemove
    | ImagePush
    | Prune
    | RotateKey
    | SwarmInit
    | SwarmJoin
    | SwarmLeave
    | SwarmRotate
    | NodeUpdate
    | NodeRemove
    | StackDeploy
    | StackRemove
    | UpdateAgent
)


class ContainerLogs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="container_logs"):
    """The last lines of a container. since: unix seconds, 0 = all. Answer: {"text": str, "truncated": bool}."""

    cid: str
    tail: int = 200
    since: float = 0
    timestamps: bool = False


class ContainerInspect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="container_inspect"):
    """Answer: the Engine API's own inspect object, environment values of secrets included: never store it."""

    cid: str


class ImageInspect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="image_inspect"):
    """Answer: the Engine API's own image inspect object."""

    reference: str


QueryBody = ContainerLogs | ContainerInspect | ImageInspect | PrunePreview | SwarmInspect
