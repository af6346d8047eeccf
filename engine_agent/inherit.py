"""Anonymous volumes of a container that gives way: the one in its place takes them over, as `docker compose up` does.

Without that, a database whose image declares its data as a volume would come up empty after every change. Pure.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .protocol.bodies import ContainerSpec

_NAME = re.compile(r"[0-9a-f]{64}")  # what engines call a volume that was given no name


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A volume without a name of its own. target: where it is mounted; writable: as it was there."""

    name: str
    target: str
    writable: bool = True


def is_anonymous(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def heritage(spec: ContainerSpec, before: Iterable[Anonymous], declared: Collection[str]) -> tuple[Anonymous, ...]:
    """What a new container takes over: volumes at places that it declares too, and gives no volume of another name.

    declared: the places that its image declares as volumes.
    """
    host = spec.create.get("HostConfig") or {}
    open_places = {*declared, *(spec.create.get("Volumes") or {})}
    filled = {bind.split(":")[1] for bind in host.get("Binds") or () if bind.count(":")}
    filled |= set(host.get("Tmpfs") or {})
    for mount in host.get("Mounts") or ():
        named = bool(mount.get("Source")) or mount.get("Type") != "volume"
        (filled if named else open_places).add(mount.get("Target"))
    return tuple(one for one in before if one.target in open_places - filled)


def with_heritage(create: Mapping[str, Any], taken: Collection[Anonymous]) -> dict[str, Any]:
    """The create body with these volumes at their places."""
    if not taken:
        return dict(create)
    host = dict(create.get("HostConfig") or {})
    targets = {one.target for one in taken}
    kept = [mount for mount in host.get("Mounts") or () if mount.get("Target") not in targets]
    added = [
        {"Type": "volume", "Source": one.name, "Target": one.target, "ReadOnly": not one.writable} for one in taken
    ]
    return {**create, "HostConfig": {**host, "Mounts": [*kept, *added]}}
