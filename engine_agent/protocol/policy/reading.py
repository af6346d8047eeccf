"""Bodies as the engine reads them. Pure.

The engine (Go's encoding/json) takes a key in any case, and of keys that come twice it takes parts of both. A body is
therefore brought to the API's own spelling before it is judged, and one that says a thing twice is refused.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

MAX_BODY = 4 * 1024 * 1024

_KNOWN = {
    word.casefold(): word
    for word in (
        *("HostConfig", "NetworkingConfig", "EndpointsConfig", "Privileged", "NetworkMode", "PidMode", "IpcMode"),
        *("UTSMode", "UsernsMode", "CgroupnsMode", "Devices", "PathOnHost", "DeviceRequests", "DeviceCgroupRules"),
        *("CapAdd", "CapabilityAdd", "SecurityOpt", "MaskedPaths", "ReadonlyPaths", "Runtime", "VolumesFrom"),
        *("VolumeDriver", "Binds", "Mounts", "Type", "Source", "ReadOnly", "VolumeOptions", "DriverConfig", "Name"),
        *("Options", "Driver", "DriverOpts", "Memory", "NanoCpus", "CpuQuota", "CpuPeriod", "CpuCount"),
        *("TaskTemplate", "ContainerSpec", "Privileges", "Seccomp", "AppArmor", "SELinuxContext", "CredentialSpec"),
        *("Networks", "Target", "PluginSpec", "Resources", "Limits", "MemoryBytes"),
    )
}


class Unreadable(ValueError):
    """The engine might read it in another way than we do."""


def body_of(raw: bytes) -> Mapping[str, Any]:
    """The JSON object of a request, {} when it is empty. Raises Unreadable."""
    if len(raw) > MAX_BODY:
        raise Unreadable("it is larger than this agent reads")
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is not one JSON object") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable("it is not a JSON object")
    return value


def canonical(value: Any) -> Any:
    """The same value in the API's spelling. Raises Unreadable."""
    if isinstance(value, Mapping):
        return _object((str(key), canonical(one)) for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return [canonical(one) for one in value]
    return value


def query_of(raw: str) -> dict[str, str]:
    """The query of a request; the first of repeated names counts, as for the engine. Raises Unreadable."""
    if ";" in raw:
        raise Unreadable("its query has a semicolon, which engines read in different ways")
    query: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True):
        query.setdefault(name, value)
    return query


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        name = _KNOWN.get(key.casefold(), key)
        if name in found and name in _KNOWN.values():
            raise Unreadable(f"it says “{name}” twice")
        found[name] = value
    return found
