"""Where the engine of this machine may be, best guess first."""

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..os_host import DEFAULT_ENGINES
from .transport import BadAddress, connector_of


def engine_places(
    environment: Mapping[str, str], home: Path, usual: Iterable[str] = DEFAULT_ENGINES
) -> tuple[str, ...]:
    """Addresses to try: DOCKER_HOST, the Docker client's current context, then the usual places of this system.

    Addresses the agent does not speak (ssh, or TCP to another machine) are left out.
    """
    named = [environment.get("DOCKER_HOST", ""), context_address(environment, home)]
    return tuple(dict.fromkeys([*(one for one in named if _usable(one)), *usual]))


def context_address(environment: Mapping[str, str], home: Path) -> str:
    """The engine of the Docker client's current context, "" for its default one or when it cannot be read."""
    folder = Path(environment.get("DOCKER_CONFIG") or home / ".docker")
    name = environment.get("DOCKER_CONTEXT") or str(_json(folder / "config.json").get("currentContext") or "")
    if name in {"", "default"}:
        return ""
    digest = hashlib.sha256(name.encode()).hexdigest()
    endpoints = _json(folder / "contexts" / "meta" / digest / "meta.json").get("Endpoints")
    docker = endpoints.get("docker") if isinstance(endpoints, dict) else None
    return str(docker.get("Host") or "") if isinstance(docker, dict) else ""


def _json(path: Path) -> dict[str, object]:
    with contextlib.suppress(OSError, ValueError):
        value = json.loads(path.read_bytes())
        if isinstance(value, dict):
            return value
    return {}


def _usable(address: str) -> bool:
    try:
        connector_of(address)
    except BadAddress:
        return False
    return True
