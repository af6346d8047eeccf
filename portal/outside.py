"""Addresses that people enter and the portal calls: which of them it may, held to what was looked up.

A name is resolved once; whoever calls connects to the address that was checked, so that a second answer of the name
server leads nowhere else.
"""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

PORTS = {"http": 80, "https": 443, "ssh": 22}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(ValueError):
    """An address that is not called; the message is a sentence with what to do."""


@dataclass(frozen=True)
class Outside:
    """parts: the address as given. host, port: what it names. address: where to connect to."""

    parts: SplitResult
    host: str
    port: int
    address: Address

    @property
    def literal(self) -> str:
        """The address as it stands in a URL."""
        return f"[{self.address}]" if self.address.version == 6 else str(self.address)


def outside(url: str, *, schemes: tuple[str, ...], private: bool, setting: str) -> Outside:
    """`url`, looked up. Plain http is for loopback alone; private: whether addresses that are not public are allowed,
    which `setting` switches on. Raises AddressRefused."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise AddressRefused(_("This is not an address.")) from error
    host = parts.hostname or ""
    wanted = " or ".join(f"{scheme}://" for scheme in schemes if scheme != "http")
    if parts.scheme not in schemes or not host:
        raise AddressRefused(_("Only addresses that start with %(schemes)s are used.") % {"schemes": wanted})
    addresses = _looked_up(host, port)
    if parts.scheme == "http" and not all(one.is_loopback for one in addresses):
        raise AddressRefused(_("Only addresses that start with %(schemes)s are used.") % {"schemes": wanted})
    if not private and not all(map(_public, addresses)):
        message = _("%(host)s is a private address, and the portal does not call those (%(setting)s).")
        raise AddressRefused(message % {"host": host[:200], "setting": setting})
    return Outside(parts, host, port, addresses[0])


def _looked_up(host: str, port: int) -> list[Address]:
    try:
        found = {str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise AddressRefused(_("There is no machine called %(host)s.") % {"host": host[:200]}) from error
    return [ipaddress.ip_address(one.partition("%")[0]) for one in sorted(found)]


def _public(address: Address) -> bool:
    """Whether it is anybody's on the internet, also where it is an IPv4 address in the clothes of IPv6."""
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    found = inner or address
    return found.is_global and not found.is_multicast
