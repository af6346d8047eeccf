"""What two containers cannot both have at the same time. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .protocol.bodies import ContainerSpec

ANY_ADDRESS = frozenset({"", "0.0.0.0", "::", "[::]"})  # noqa: S104


@dataclass(frozen=True, slots=True)
class HostPort:
    """A port of the host. address "" stands for all of them."""

    port: int
    protocol: str = "tcp"
    address: str = ""

    def meets(self, other: "HostPort") -> bool:
        """Whether both cannot be bound at once."""
        if (self.port, self.protocol) != (other.port, other.protocol):
            return False
        return self.address == other.address or bool(ANY_ADDRESS & {self.address, other.address})


@dataclass(frozen=True, slots=True)
class Claims:
    """What a container needs for itself.

    writes: volume names and host paths it may write to; two programs writing the same data break it.
    host_network: it uses the host's own network, so its ports are unknown. addresses: fixed addresses in networks.
    """

    ports: frozenset[HostPort] = frozenset()
    writes: frozenset[str] = frozenset()
    host_network: bool = False
    addresses: frozenset[str] = frozenset()


def clash(first: Claims, second: Claims) -> str:
    """Why both cannot run at once, in words; "" when they can."""
    for port in sorted(first.ports, key=lambda one: one.port):
        if any(port.meets(other) for other in second.ports):
            return f"port {port.port} is needed by the new one"
    if first.host_network and second.host_network:
        return "both use the host's own network"
    if shared := first.writes & second.writes:
        return f"both write to {min(shared)}"
    if addresses := first.addresses & second.addresses:
        return f"address {min(addresses)} is needed by the new one"
    return ""


def claims_of(spec: ContainerSpec, further: Iterable[str] = ()) -> Claims:
    """What a wanted container will need, from its create body. further: volumes beside that it may write to."""
    host = spec.create.get("HostConfig") or {}
    endpoints = (spec.create.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
    return Claims(
        ports=frozenset(_ports(host.get("PortBindings") or {})),
        writes=frozenset((*_writes(host), *further)),
        host_network=host.get("NetworkMode") == "host",
        addresses=frozenset(_addresses((*endpoints.values(), *spec.networks.values()))),
    )


def _ports(bindings: Mapping[str, Any]) -> Iterable[HostPort]:
    for word, places in bindings.items():
        protocol = word.partition("/")[2] or "tcp"
        for place in places or ():
            first, _, last = str(place.get("HostPort") or "").partition("-")
            if first.isdigit() and int(first) and (not last or last == first):
                yield HostPort(int(first), protocol, place.get("HostIp") or "")


def _writes(host: Mapping[str, Any]) -> Iterable[str]:
    for bind in host.get("Binds") or ():
        source, _, rest = bind.partition(":")
        if len(source) == 1 and rest.startswith("\\"):  # C:\data:C:\data
            path, _, rest = rest.partition(":")
            source = f"{source}:{path}"
        options = rest.rpartition(":")[2].split(",")
        if "ro" not in options:
            yield source
    for mount in host.get("Mounts") or ():
        if mount.get("Source") and not mount.get("ReadOnly") and mount.get("Type") in {"bind", "volume"}:
            yield mount["Source"]


def _addresses(endpoints: Iterable[Mapping[str, Any] | None]) -> Iterable[str]:
    for endpoint in endpoints:
        fixed = (endpoint or {}).get("IPAMConfig") or {}
        yield from (fixed[name] for name in ("IPv4Address", "IPv6Address") if fixed.get(name))
