"""Networks and volumes of a project, and how a service joins a network. Typed, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ServiceNetwork:
    """A network a service joins. key: in `Project.networks`. The service name is always an alias besides these.

    Services list them by falling priority, then in the order of the text. link_local: addresses beside the usual one.
    gw_priority: the network with the highest gives the default route (Docker Engine 28).
    """

    key: str
    aliases: tuple[str, ...] = ()
    ipv4_address: str = ""
    ipv6_address: str = ""
    mac_address: str = ""
    link_local: tuple[str, ...] = ()
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    gw_priority: int = 0


@dataclass(frozen=True)
class AddressPool:
    """One entry of a network's ipam.config. auxiliary: name -> address."""

    subnet: str = ""
    gateway: str = ""
    ip_range: str = ""
    auxiliary: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """A network of the project. name: on the engine, `<project>_<key>` unless the file names it.

    external: it is there already and is neither made nor removed.
    """

    key: str
    name: str
    external: bool = False
    driver: str = ""
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    internal: bool = False
    attachable: bool = False
    enable_ipv6: bool = False
    ipam_driver: str = ""
    ipam_options: Mapping[str, str] = field(default_factory=dict)
    ipam: tuple[AddressPool, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Volume:
    """A named volume of the project. name: on the engine, `<project>_<key>` unless the file names it."""

    key: str
    name: str
    external: bool = False
    driver: str = ""
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
