"""The stream listener, where agents dial back: the `websockets` library, which makes a writer wait for its reader."""

import asyncio
import http
import logging
import re
import socket

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from engine_agent.protocol.streams import MAX_FRAME, PIECE, SCHEME

from .line import AgentLine
from .registry import Registry

log = logging.getLogger(__name__)

PING_SECONDS = 20.0
_PATH = re.compile(r"/ws/agent/streams/([0-9A-Za-z_-]{1,64})/\Z")
_KEEPALIVE = (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))


class Listener:
    """Takes the agents' lines and hands them to the registry."""

    def __init__(self, registry: Registry, host: str, port: int) -> None:
        self._registry = registry
        self._host, self._asked_port = host, port
        self._server: Server | None = None
        self._quiet = logging.getLogger(f"{__name__}.lines")
        self._quiet.setLevel(logging.ERROR)

    @property
    def port(self) -> int:
        """Where it listens; the system's choice when port 0 was asked for."""
        assert self._server is not None, "it listens after start()"  # noqa: S101
        return int(next(iter(self._server.sockets)).getsockname()[1])

    async def start(self) -> None:
        """Listen. Raises OSError."""
        self._server = await serve(
            self._talk,
            self._host,
            self._asked_port,
            process_request=self._check,
            compression=None,
            server_header=None,
            open_timeout=10,
            # The answers to pings are not waited for: a line whose reader takes its time is not gone.
            ping_interval=PING_SECONDS,
            ping_timeout=None,
            close_timeout=2,
            max_size=MAX_FRAME,
            max_queue=4,
            write_limit=PIECE,
            logger=self._quiet,
        )

    async def stop(self) -> None:
        """Listen no more. Lines that are open are the registry's to close."""
        if self._server is not None:
            self._server.close(close_connections=False)
            self._server = None

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Admit what was asked for; everybody else hears the same, whatever is wrong."""
        path = _PATH.match(request.path)
        words = request.headers.get_all("Authorization")
        scheme, _, proof = (words[0] if len(words) == 1 else "").partition(" ")
        token, _, signature = proof.rpartition(":")
        host_id = None
        if path is not None and scheme == SCHEME and len(signature) == 128:
            try:
                host_id = self._registry.admit(path[1], token, bytes.fromhex(signature))
            except ValueError:
                host_id = None
        if host_id is None:
            log.warning("a stream from %s was not asked for", connection.remote_address)
            return connection.respond(http.HTTPStatus.FORBIDDEN, "Nobody asked for this stream.\n")
        connection.host_id = host_id  # type: ignore[attr-defined]
        return None

    async def _talk(self, connection: ServerConnection) -> None:
        host_id = connection.host_id  # type: ignore[attr-defined]
        keep_alive(connection.transport.get_extra_info("socket"))
        line = AgentLine(connection)
        self._registry.arrived(host_id, line)
        try:
            await line.wait_closed()
        finally:
            self._registry.left(host_id, line)


def keep_alive(found: socket.socket | None) -> None:
    """Have the kernel look after a connection on which nothing is said, and send small pieces at once."""
    if found is None or found.family == getattr(socket, "AF_UNIX", None):
        return
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in _KEEPALIVE:
        if (option := getattr(socket, name, None)) is not None:
            found.setsockopt(socket.IPPROTO_TCP, option, value)


async def tidy_forever(registry: Registry, every: float) -> None:
    """Let the registry tidy up once in a while."""
    while True:
        await asyncio.sleep(every)
        registry.tidy()
