"""Does a container that exists have more rights than the policy gives? Whoever controls it has them too."""

from collections.abc import Mapping
from typing import Any

from ..types import Finding, Findings, Resource, Scope, first
from .isolation import (
    HARMLESS_MODES,
    capabilities,
    device_requests,
    device_rules,
    devices,
    host_namespace,
    privileged,
    security_options,
)
from .mounts import bind_source
from .paths import bind_findings, is_volume_name

FIELDS = {
    "Privileged": privileged,
    "CapAdd": capabilities,
    "SecurityOpt": security_options,
    "Devices": devices,
    "DeviceRequests": device_requests,
    "DeviceCgroupRules": device_rules,
}
MODES = {"PidMode": "pid", "IpcMode": "ipc", "UTSMode": "uts", "UsernsMode": "userns"}


def within(scope: Scope, name: str, found: Resource) -> Findings:
    """A finding when the container's own configuration is beyond what the scope permits."""
    if not scope.strict:
        return
    if found.document is None:
        yield from scope.forbid_always("container-unknown", f"The container {name[:64]} was not looked at")
        return
    worst = first(_beyond(scope, found.document))
    if worst is not None:
        yield Finding(
            "container-beyond-policy",
            f"The container {name[:64]} has more rights than you may use. {worst.message}",
        )


def _beyond(scope: Scope, document: Mapping[str, Any]) -> Findings:
    config = document.get("HostConfig") or {}
    for name, check in FIELDS.items():
        if config.get(name) is not None:
            yield from check(scope, config[name], name)
    if config.get("NetworkMode") == "host":
        yield from scope.forbid(
            "host-namespace-network", "NetworkMode is the host's", lambda o: "network" in o.host_namespaces
        )
    for name, namespace in MODES.items():
        value = str(config.get(name) or "")
        if value not in HARMLESS_MODES[namespace] and not value.startswith("container:"):
            yield from host_namespace(scope, namespace, name)
    for text in config.get("Binds") or ():
        source = bind_source(text)
        if source and not is_volume_name(source):
            yield from bind_findings(scope, source, "Binds")
    for mount in document.get("Mounts") or ():
        if mount.get("Type") in ("bind", "npipe"):
            yield from bind_findings(scope, str(mount.get("Source", "")), "Mounts")
