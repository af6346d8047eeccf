"""The rules of a policy file. Their defaults are what a file allows that does not speak of them."""

from typing import get_args

import msgspec

from ..bodies import CommandBody, ContainerAction, QueryBody

NAMESPACES = ("network", "pid", "ipc", "uts", "userns", "cgroup")

# What a Docker client does, in words; commands and queries of the wire have their tags as words.
CLIENT_ACTIONS = (
    *("create", "start", "stop", "restart", "kill", "pause", "unpause", "remove", "rename", "update"),
    *("exec", "attach", "copy_in", "commit", "pull", "push", "tag", "load", "build", "image_remove", "prune"),
    *("network_create", "network_connect", "network_disconnect", "network_remove"),
    *("volume_create", "volume_update", "volume_remove", "swarm", "plugins", "sign_in"),
)


def _tags(union: object) -> tuple[str, ...]:
    kinds = [kind for kind in get_args(union) if kind is not ContainerAction]
    return tuple(str(kind.__struct_config__.tag) for kind in kinds)


ACTIONS = tuple(dict.fromkeys((*_tags(CommandBody), *_tags(QueryBody), *CLIENT_ACTIONS)))
"""Every word that `commands.allowed` may hold."""


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is allowed. A file that does not speak of something that reaches out of a container forbids it; one that
    does not speak of an amount, a registry or a command leaves it free.

    bind_roots: host folders that containers may mount, "/srv" with all below it, "/srv:ro" for reading alone.
    volume_drivers, devices, capabilities, security_options, runtimes: patterns, "*" for all.
    maximum_memory: bytes, and maximum_cpus: cores, of one container; maximum_containers: of the whole host.
    registries: patterns of registry hosts, Docker Hub's is "docker.io"; None = any.
    load: images from archives; None = only where registries are free. allowed: words of ACTIONS; None = all.
    """

    bind_roots: tuple[str, ...] = ()
    docker_socket: bool = False
    volumes_from: bool = False
    volume_drivers: tuple[str, ...] = ("local",)
    privileged: bool = False
    host_namespaces: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    security_options: tuple[str, ...] = ()
    runtimes: tuple[str, ...] = ("runc",)
    exec: bool = True
    maximum_cpus: float | None = None
    maximum_memory: int | None = None
    maximum_containers: int | None = None
    registries: tuple[str, ...] | None = None
    build: bool = True
    build_remote: bool = False
    load: bool | None = None
    allowed: tuple[str, ...] | None = None
    swarm: bool = False
    plugins: bool = False

    @property
    def may_load(self) -> bool:
        """Whether images may come from archives."""
        return self.registries is None if self.load is None else self.load


# field -> the table of the file it stands in
TABLES: dict[str, tuple[str, ...]] = {
    "mounts": ("bind_roots", "docker_socket", "volumes_from", "volume_drivers"),
    "containers": (
        *("privileged", "host_namespaces", "devices", "capabilities", "security_options", "runtimes", "exec"),
        *("maximum_cpus", "maximum_memory", "maximum_containers"),
    ),
    "images": ("registries", "build", "build_remote", "load"),
    "commands": ("allowed", "swarm", "plugins"),
}
RULE = {field: f"{table}.{field}" for table, fields in TABLES.items() for field in fields}


class PolicyFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The policy as it is now. path: the file. rules: None when there is no file, or when it cannot be honoured, and
    then `trouble` says why and nothing is carried out until its owner has put it right."""

    path: str
    rules: Rules | None = None
    trouble: str = ""
