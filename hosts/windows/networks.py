"""Networks: nat instead of bridge, and no network of the host. [moby daemon/network, libnetwork/drivers/windows]"""

from collections.abc import Iterator, Mapping
from typing import Any

from hosts.windows.types import HYPERV, Finding, WindowsHost

CODE = "windows-network"
DRIVERS = ("nat", "transparent", "overlay", "l2bridge", "l2tunnel", "internal", "private", "ics", "null", "none")
# Drivers of Linux engines, as a compose file written for one names them.
LINUX_DRIVERS = ("bridge", "host", "macvlan", "ipvlan")
MTU = "com.docker.network.driver.mtu"


def container_findings(host_config: Mapping[str, Any], host: WindowsHost) -> Iterator[Finding]:
    """The network mode."""
    mode = str(host_config.get("NetworkMode") or "")
    if mode in ("host", "bridge"):
        instead = (
            "Publish the ports it listens on instead"
            if mode == "host"
            else "Leave “network_mode” out: nat is the default"
        )
        yield Finding(
            CODE,
            f"Windows containers have no network “{mode}”. {instead}.",
            engine=f"network {mode} not found",
        )
    if mode.startswith("container:") and host.mode(str(host_config.get("Isolation") or "")) == HYPERV:
        yield Finding(
            CODE,
            "With Hyper-V isolation a container cannot use the network of another one. Use process isolation.",
            engine="invalid network-mode: using the network stack of another container is not supported while using "
            "Hyper-V Containers",
        )


def network_findings(body: Mapping[str, Any], host: WindowsHost) -> Iterator[Finding]:
    """A network that is to be made."""
    name, driver = str(body.get("Name") or ""), str(body.get("Driver") or "")
    if driver in LINUX_DRIVERS:
        yield Finding(
            CODE,
            f"The network {name} asks for the driver “{driver}”, which Windows does not have. Take “driver” out for "
            "nat, or use transparent, l2bridge or overlay.",
            engine=f"could not find plugin {driver} in v1 plugin registry: plugin not found",
        )
    elif driver == "transparent":
        yield Finding(
            CODE,
            f"On the network {name} (transparent) containers do not find each other by name, and on Azure machines it "
            "does not work at all.",
            refused=False,
        )
    elif driver == "l2tunnel":
        yield Finding(CODE, f"The network {name} (l2tunnel) works on Azure machines only.", refused=False)
    elif driver == "overlay" and (body.get("Options") or {}).get("encrypted") is not None:
        yield Finding(CODE, f"The overlay network {name} cannot be encrypted on Windows.", refused=False)
    if (body.get("Options") or {}).get(MTU):
        yield Finding(CODE, f"The option {MTU} of the network {name} has no effect on Windows.", refused=False)
    pools = (body.get("IPAM") or {}).get("Config") or ()
    if driver in ("", "nat") and any(pool.get("Subnet") for pool in pools):
        yield Finding(
            CODE,
            f"The network {name} names its subnet. A Windows host has one internal prefix for all nat networks: with a "
            f"subnet outside that of {host.name} it has no way out.",
            refused=False,
        )
