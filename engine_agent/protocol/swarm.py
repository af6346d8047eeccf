"""What a command or a query asks of an engine in a Docker Swarm. Part of `bodies`; kept apart for its size.

Join tokens travel in SwarmJoin and in results of SwarmInit and SwarmRotate. Neither side logs or shows them.
"""

from typing import Any

import msgspec

from .access import RegistryAuth


class SwarmInit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="swarm_init"):
    """Make a swarm on this host. advertise: the address other nodes reach it at, "" for the engine's choice.

    Result: {"swarm_id", "node_id", "worker_token", "manager_token"}. A host that leads a swarm already answers with it.
    """

    advertise: str = ""
    listen: str = "0.0.0.0:2377"


class SwarmJoin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="swarm_join"):
    """Join a swarm. managers: "address:2377" of each; swarm_id: of it, so that a second try is noticed.

    Result: {"node_id"}.
    """

    managers: tuple[str, ...]
    token: str
    swarm_id: str = ""
    advertise: str = ""
    listen: str = "0.0.0.0:2377"


class SwarmLeave(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="swarm_leave"):
    """Leave the swarm; force: although it is a manager. A host in no swarm has done so already."""

    force: bool = False


class SwarmRotate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="swarm_rotate"):
    """Make new join tokens. Result: {"worker_token", "manager_token"}."""


class NodeUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="node_update"):
    """Change a node, asked of a manager. role: manager or worker; availability: active, pause or drain; "" leaves it.

    labels: set in addition to those it has.
    """

    node_id: str
    role: str = ""
    availability: str = ""
    labels: dict[str, str] = {}


class NodeRemove(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="node_remove"):
    """Take a node off the list, asked of a manager. force: although it is still there."""

    node_id: str
    force: bool = False


class SwarmFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A secret or config of a stack. name: with a digest of the content in it, since they cannot be changed."""

    name: str
    content: str
    labels: dict[str, str] = {}


class SwarmObject(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A network (create body, None: an external one) or a service (its spec) of a stack, as the Engine API has it.

    auth: what the nodes pull the service's image with; the swarm keeps it with the service.
    """

    name: str
    spec: dict[str, Any] | None
    auth: RegistryAuth | None = None


class StackDeploy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="stack_deploy"):
    """Bring a stack to the wanted state through this manager; services of the stack not named here are removed.

    timeout: seconds for all its tasks to run as wanted. Result: {"services": [names]}.
    """

    project: str
    networks: tuple[SwarmObject, ...] = ()
    secrets: tuple[SwarmFile, ...] = ()
    configs: tuple[SwarmFile, ...] = ()
    services: tuple[SwarmObject, ...] = ()
    timeout: float = 600.0


class StackRemove(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="stack_remove"):
    """Remove services, networks, secrets and configs of a stack."""

    project: str


class SwarmInspect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="swarm_inspect"):
    """What this manager knows. project: only that stack's services and tasks, "" for all.

    Answer: {"swarm_id", "nodes": [...], "services": [...], "tasks": [...]}, each a few plain fields, no tokens.
    """

    project: str = ""
