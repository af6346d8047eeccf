"""How an engine is reached, by its address."""

import asyncio
import ipaddress
from urllib.parse import urlsplit

from ..http1 import Connector, Streams
from ..os_host import open_pipe


class BadAddress(ValueError):
    """An engine address we cannot use; the text says which ones we can."""


def connector_of(address: str) -> Connector:
    """What opens a connection to the engine at `address`.

    unix:///path, npipe:////./pipe/name, or tcp://127.0.0.1:port (loopback only: plain TCP is readable on the way).
    """
    parts = urlsplit(address)
    if parts.scheme == "unix" and parts.path:
        return lambda: asyncio.open_unix_connection(parts.path)
    if parts.scheme == "npipe" and parts.path:
        name = parts.path.replace("/", "\\")
        return lambda: open_pipe(name)
    if parts.scheme == "tcp" and parts.port and is_loopback(parts.hostname or ""):
        return lambda: _tcp(parts.hostname or "", parts.port or 0)
    raise BadAddress(
        f"“{address}” is no engine address: use unix:///path, npipe:////./pipe/name or tcp://127.0.0.1:port"
    )


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _tcp(host: str, port: int) -> Streams:
    return await asyncio.open_connection(host, port)
