"""A stream through the gateway's unix socket, for the other processes of the node."""

import asyncio
from pathlib import Path
from uuid import UUID

from engine_agent.protocol.streams import StreamRequest
from hosts.problems import HostAway
from portal.problems import NotFound, Unavailable

from .frames import (
    ASK,
    DATA,
    END,
    EOF,
    MAX_PAYLOAD,
    Ask,
    Reply,
    encode_json,
    end_decode,
    frame,
    frame_read,
    head_read,
    reply_decode,
)
from .stream import READ, StreamFailed, StreamLost, pieces

NO_GATEWAY = (
    "The part of the portal that carries streams does not answer. It is started by `manage.py up` "
    "(or `manage.py docker_endpoint`); its log says why it does not run."
)


class DoorStream:
    """See stream.Stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._rest = b""
        self._head: tuple[bytes, int] | None = None  # of a frame whose bytes have not all come
        self._ended = False
        self._problem: StreamFailed | StreamLost | None = None
        self.reason = ""

    async def read(self, n: int = READ) -> bytes:
        while not self._rest and not self._ended:
            if self._problem is not None:
                raise self._problem
            await self._next()
        piece, self._rest = self._rest[:n], self._rest[n:]
        return piece

    async def _next(self) -> None:
        try:
            kind, payload = await self._frame()
        except (asyncio.IncompleteReadError, OSError, ValueError) as error:
            raise self._lost() from error
        if kind == DATA:
            self._rest = payload
        elif kind == EOF:
            self._ended = True
        elif kind == END:
            end = end_decode(payload)
            self.reason = end.reason
            lost = end.code == StreamLost.code
            self._problem = StreamLost(end.reason) if lost else StreamFailed(end.reason, code=end.code)

    async def _frame(self) -> tuple[bytes, bytes]:
        """The next frame; a reader that is cancelled in the middle of one goes on with it the next time."""
        if self._head is None:
            self._head = await head_read(self._reader)
        kind, length = self._head
        payload = await self._reader.readexactly(length)
        self._head = None
        return kind, payload

    async def write(self, data: bytes) -> None:
        for piece in pieces(data):
            await self._send(frame(DATA, piece))

    async def write_eof(self) -> None:
        await self._send(frame(EOF))

    async def _send(self, data: bytes) -> None:
        try:
            if self._writer.is_closing():
                raise ConnectionResetError
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise self._lost() from error

    def _lost(self) -> StreamFailed | StreamLost:
        if self._problem is None:
            self.reason = "The connection within the portal was lost."
            self._problem = StreamLost(self.reason)
        return self._problem

    async def close(self) -> None:
        self._ended = True
        self._writer.close()


async def open_through(path: Path, host_id: UUID, request: StreamRequest) -> DoorStream:
    """Raises HostAway, NotFound, Unavailable."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=MAX_PAYLOAD)
    except OSError as error:
        raise Unavailable(NO_GATEWAY, code="gateway-away") from error
    try:
        writer.write(frame(ASK, encode_json(Ask(str(host_id), request))))
        kind, payload = await frame_read(reader)
        if kind != ASK:
            raise ValueError("no answer")
        reply = reply_decode(payload)
    except (OSError, asyncio.IncompleteReadError, ValueError) as error:
        writer.close()
        raise Unavailable(NO_GATEWAY, code="gateway-away") from error
    except BaseException:
        writer.close()
        raise
    if reply.status:
        writer.close()
        raise _problem(reply)
    return DoorStream(reader, writer)


def _problem(reply: Reply) -> Unavailable | NotFound:
    if reply.status == NotFound.status:
        return NotFound(reply.detail, code=reply.code, title=reply.title)
    kind = HostAway if reply.code.startswith("host-") else Unavailable
    return kind(reply.detail, code=reply.code, title=reply.title)
