"""Published ports. [moby libnetwork/drivers/windows, ConvertPortBindings]"""

from collections.abc import Iterator, Mapping
from typing import Any

from hosts.windows.types import Finding, WindowsHost

CODE = "windows-port"
_ALL = ("", "0.0.0.0", "::")  # noqa: S104 - how an engine writes "every address"


def findings(host_config: Mapping[str, Any], host: WindowsHost) -> Iterator[Finding]:
    """Every binding."""
    for target, places in (host_config.get("PortBindings") or {}).items():
        protocol = str(target).partition("/")[2] or "tcp"
        if protocol not in ("tcp", "udp"):
            yield Finding(
                CODE,
                f"Windows publishes tcp and udp ports; {target} is neither.",
                engine=f"invalid protocol {protocol}",
            )
            continue
        for place in places or ():
            yield from _place(str(target), place, host)


def _place(target: str, place: Mapping[str, Any], host: WindowsHost) -> Iterator[Finding]:
    address, port = str(place.get("HostIp") or ""), str(place.get("HostPort") or "")
    if address not in _ALL:
        yield Finding(
            CODE,
            f"Port {port or target} cannot be published on {address} alone: Windows publishes on every address of "
            f"{host.name}. Leave the address out, and use the firewall of the host.",
            engine="Windows does not support host IP addresses in NAT settings",
        )
    if "-" in port:
        yield Finding(
            CODE,
            f"Windows takes no range of ports ({port}). Name one, or none for a free one.",
            engine="Windows does not support more than one host port in NAT settings",
        )
