"""What a team's policy can allow. Words are those of the host owner's file (engine_agent/protocol/policy/rules.py).

Everything that is not named is forbidden: `Options()` allows what cannot reach the host or another team. In every list
"*" stands for anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

ANY = "*"
NAMESPACES = ("network", "pid", "ipc", "uts", "userns", "cgroup")
MAX_ITEMS = 64
MAX_TEXT = 255


@dataclass(frozen=True)
class Options:
    """What a deployer of the team may ask for.

    bind_roots: folders of the host that may be mounted, "/srv" with what is below it, "/srv:ro" for reading alone.
    docker_socket: sockets and named pipes of the host may be mounted (whoever has the engine's has the host).
    host_namespaces: of NAMESPACES, those that may be shared with the host.
    capabilities: what may be added to the engine's own default set.
    devices: device paths; "gpu" stands for device requests.
    volume_options: volumes with driver options other than a bind of an allowed root and tmpfs (NFS, CIFS).
    registries: host names of registries whose images may run; "docker.io" is Docker Hub.
    buildkit: BuildKit's own connection, in which host network, secrets and SSH mounts cannot be seen from outside.
    maximum_memory in bytes, maximum_cpus, maximum_pids: of each container; 0 = no limit.
    """

    bind_roots: tuple[str, ...] = ()
    docker_socket: bool = False
    privileged: bool = False
    host_namespaces: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    security_options: tuple[str, ...] = ()
    sysctls: tuple[str, ...] = ()
    ulimits: tuple[str, ...] = ("core", "cpu", "fsize", "nofile", "nproc", "stack")
    runtimes: tuple[str, ...] = ("runc",)
    cgroup_parents: tuple[str, ...] = ()
    oom_score: bool = False
    annotations: tuple[str, ...] = ()
    log_drivers: tuple[str, ...] = ("json-file", "local", "none", "journald", "etwlogs")
    volume_drivers: tuple[str, ...] = ("local",)
    volume_options: bool = False
    network_drivers: tuple[str, ...] = ("bridge", "overlay", "nat")
    registries: tuple[str, ...] = (ANY,)
    exec: bool = True
    build: bool = True
    build_remote: bool = False
    buildkit: bool = False
    services: bool = True
    prune: bool = True
    maximum_memory: int = 0
    maximum_cpus: float = 0
    maximum_pids: int = 0

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: lists for tuples."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def options_from(values: Mapping[str, Any]) -> Options:
    """Options from JSON; what is left out has its default. Raises ValueError that names the first wrong entry."""
    known = {field.name: field for field in fields(Options)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValueError(f"{unknown[0]} is not an option of a policy")
    made: dict[str, Any] = {}
    for name, value in values.items():
        default = known[name].default
        assert default is not MISSING  # noqa: S101 - every option has one
        made[name] = _value(name, value, default)
    return Options(**made)


def _value(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError(f"{name} is true or false")
        return value
    if isinstance(default, tuple):
        return _texts(name, value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**62:
        raise ValueError(f"{name} is a number, 0 or more")
    if name != "maximum_cpus" and value != int(value):
        raise ValueError(f"{name} is a whole number")
    return value if name == "maximum_cpus" else int(value)


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, Mapping)):
        raise ValueError(f"{name} is a list of texts")
    texts = tuple(value)
    if len(texts) > MAX_ITEMS or not all(isinstance(one, str) and 0 < len(one) <= MAX_TEXT for one in texts):
        raise ValueError(f"{name} has at most {MAX_ITEMS} texts of 1 to {MAX_TEXT} characters")
    if any(not one.isprintable() or one != one.strip() for one in texts):
        raise ValueError(f"{name} holds a text with spaces at its ends or characters that cannot be printed")
    if name == "host_namespaces" and not set(texts) <= {*NAMESPACES, ANY}:
        raise ValueError(f"{name} knows only {', '.join(NAMESPACES)}")
    if name == "bind_roots" and not all(one == ANY or one.startswith("/") or one[1:2] == ":" for one in texts):
        raise ValueError(f"{name} holds whole paths, such as /srv/data or D:\\data")
    return tuple(dict.fromkeys(texts))


def allows(listed: tuple[str, ...], wanted: str) -> bool:
    """Whether a list names `wanted`, or anything."""
    return ANY in listed or wanted in listed
