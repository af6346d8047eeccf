"""Opening the line of a stream: the address the portal gave, the one-time token, this host's signature."""

import re
import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from .. import VERSION
from ..engine.transport import is_loopback
from ..portal_http import Portal
from ..problems import AgentProblem
from ..protocol.identity import sign, stream_bytes
from ..protocol.messages import StreamOpen
from ..protocol.streams import MAX_FRAME, PIECE, SCHEME, stream_path

DIAL_SECONDS = 15.0
PING_SECONDS = 20.0
_ID = re.compile(r"[0-9a-zA-Z_-]{1,64}\Z")
# Options by name, since not every system has each: a peer that is gone is noticed within half a minute.
_KEEPALIVE = (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))


class Dialler:
    """Dials for streams. The TLS context is made once: loading the system's authorities takes longer than a dial.

    key: of this host, or what gives the present one.
    """

    def __init__(self, portal: Portal, key: bytes | Callable[[], bytes]) -> None:
        self._portal = portal
        self._key = key
        self._context: ssl.SSLContext | None = None

    async def dial(self, asked: StreamOpen) -> ClientConnection:
        """The open line. Raises AgentProblem for an address we never dial; OSError, WebSocketException, TimeoutError
        when the line cannot be had."""
        portal = self._of(asked)
        key = self._key if isinstance(self._key, bytes) else self._key()
        signature = sign(key, stream_bytes(asked.id, asked.token)).hex()
        connection = await connect(
            asked.address.rstrip("/") + stream_path(asked.id),
            additional_headers={"Authorization": f"{SCHEME} {asked.token}:{signature}"},
            compression=None,
            user_agent_header=f"pierhead-agent/{VERSION}",
            proxy=portal.proxy(),
            open_timeout=min(DIAL_SECONDS, max(1.0, asked.ttl)),
            # Pings keep proxies from cutting a quiet line. Their answers are not waited for: a reader that takes its
            # time holds them up, and is not gone.
            ping_interval=PING_SECONDS,
            ping_timeout=None,
            close_timeout=2,
            max_size=MAX_FRAME,
            max_queue=4,
            write_limit=PIECE,
            ssl=self._tls(portal),
        )
        keep_alive(connection)
        return connection

    def _of(self, asked: StreamOpen) -> Portal:
        parts = urlsplit(asked.address)
        host = parts.hostname or ""
        if not host or not _ID.match(asked.id) or parts.query or parts.fragment:
            raise AgentProblem(f"“{asked.address}” is no address for a stream")
        if parts.scheme != "wss" and not (parts.scheme == "ws" and is_loopback(host)):
            raise AgentProblem(f"{asked.address} is not encrypted, and {host} is not this machine")
        tls = parts.scheme == "wss"
        origin = ("https" if tls else "http") + asked.address[len(parts.scheme) :]
        return Portal(origin, host, parts.port or (443 if tls else 80), tls, self._portal.ca)

    def _tls(self, portal: Portal) -> ssl.SSLContext | None:
        if not portal.tls:
            return None
        if self._context is None:
            self._context = portal.tls_context()
        return self._context


def keep_alive(connection: ClientConnection) -> None:
    """Have the kernel look after a line on which nothing is said, and send small pieces at once."""
    found = connection.transport.get_extra_info("socket")
    if found is None:
        return
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        if (option := getattr(socket, name, None)) is not None:
            found.setsockopt(socket.IPPROTO_TCP, option, value)
