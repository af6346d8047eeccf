"""Networks and volumes."""

from collections.abc import Mapping
from typing import Any

from ..documents import Struct, free, free_fields, given, table, walk
from ..options import allows
from ..types import Findings, Request, Scope, Unclear
from .containers import endpoint_settings
from .labels import labels
from .mounts import volume_driver, volume_options
from .namespaces import network
from .owners import named

QUIET_OPTIONS = frozenset(
    (
        "com.docker.network.bridge.enable_icc",
        "com.docker.network.bridge.enable_ip_masquerade",
        "com.docker.network.bridge.host_binding_ipv4",
        "com.docker.network.container_iface_prefix",
        "com.docker.network.driver.mtu",
        "encrypted",
    )
)


def driver(scope: Scope, value: Any, where: str) -> Findings:
    if not given(value):
        return
    if not isinstance(value, str):
        raise Unclear("json-shape", f"{where} is not a text.")
    yield from scope.forbid(
        "network-driver", f"{where} is the network driver {value[:40]}", lambda o: allows(o.network_drivers, value)
    )


def network_options(scope: Scope, value: Any, where: str) -> Findings:
    """An interface or bridge of the host is named in options."""
    if not isinstance(value, Mapping):
        raise Unclear("json-shape", f"{where} is not an object.")
    for name in value:
        if name not in QUIET_OPTIONS:
            yield from scope.forbid("network-option", f"{where} sets {name[:60]}", lambda o: "*" in o.network_drivers)


def swarm_part(scope: Scope, value: Any, where: str) -> Findings:
    if given(value):
        yield from scope.forbid_always("network-ingress", f"{where} is for admins of the cluster")


def ipam(scope: Scope, value: Any, where: str) -> Findings:
    name = Struct(value, where).text("Driver")
    if name not in ("", "default", "windows"):
        yield from scope.forbid(
            "network-driver", f"{where} uses the driver {name[:40]}", lambda o: "*" in o.network_drivers
        )


NETWORK = table(
    {
        **free_fields("Name CheckDuplicate Scope Internal Attachable EnableIPv4 EnableIPv6"),
        "Driver": driver,
        "Options": network_options,
        "Labels": labels,
        "IPAM": ipam,
        "Ingress": swarm_part,
        "ConfigOnly": swarm_part,
        "ConfigFrom": swarm_part,
    }
)
VOLUME = table({"Name": free, "Driver": volume_driver, "DriverOpts": volume_options, "Labels": labels})


def network_create(scope: Scope, request: Request, name: str) -> Findings:
    yield from walk(scope, request.body, NETWORK, "network")


def volume_create(scope: Scope, request: Request, name: str) -> Findings:
    yield from walk(scope, request.body, VOLUME, "volume")


CONNECT = table({"Container": free, "EndpointConfig": endpoint_settings, "Force": free})


def connect(scope: Scope, request: Request, name: str) -> Findings:
    yield from network(scope, name, "The network")
    yield from walk(scope, request.body, CONNECT, "connect")
    container = Struct(request.body, "connect").text("Container")
    yield from named(scope, "container", container)


def disconnect(scope: Scope, request: Request, name: str) -> Findings:
    yield from walk(scope, request.body, CONNECT, "disconnect")
    yield from named(scope, "container", Struct(request.body, "disconnect").text("Container"))


def prune(scope: Scope, request: Request, name: str) -> Findings:
    """Clearing away takes whatever is unused, also what is another team's."""
    if scope.shared:
        yield from scope.forbid_always("prune", "The host is used by several teams: clearing away")
    yield from scope.forbid("prune", "Clearing away what is unused", lambda o: o.prune)
