"""TLS that keeps one direction open when the other closes.

asyncio's own TLS transport ends both directions at the peer's close_notify; a docker client that has sent its input
says just that and waits for the output. So the TLS records are ours to move: OpenSSL works on two memory buffers, and
the sockets are plain asyncio streams. [RFC 8446 section 6.1]
"""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable
from typing import cast

PIECE = 256 * 1024
LIMIT = 256 * 1024  # of bytes that came and were not asked for
CLOSE_SECONDS = 5.0


class TlsCut(ConnectionError):
    """The peer's TCP connection ended without close_notify: it is gone, or somebody cut the line."""


class Channel(asyncio.Protocol):
    """One TLS connection of a client. One reader and one writer at a time, and both at once.

    made: called when the connection is there. What comes goes straight into OpenSSL's buffer, and the socket is read
    no further while too much lies there.
    """

    def __init__(self, context: ssl.SSLContext, made: "Callable[[Channel], None]") -> None:
        self._made = made
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._transport: asyncio.Transport | None = None
        self._came = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._held = False  # reading the socket is paused
        self._gone = False  # nothing comes any more
        self._lost = False  # nothing can be sent any more
        self._said_end = False
        self.ended = False  # the peer says no more

    # What the event loop tells us

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's has no common ancestor with asyncio's
        self._transport.set_write_buffer_limits(high=LIMIT)
        self._made(self)

    def data_received(self, data: bytes) -> None:
        self._in.write(data)
        self._came.set()
        if self._in.pending > LIMIT and not self._held and self._transport is not None:
            self._held = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        self._end_of_input()
        return True  # the other direction is ours to end

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        self._end_of_input()
        self._may_write.set()

    def _end_of_input(self) -> None:
        if not self._gone:
            self._gone = True
            self._in.write_eof()
        self._came.set()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    # What we do

    @property
    def transport(self) -> asyncio.Transport:
        """The TCP connection below."""
        assert self._transport is not None, "it is there from connection_made on"  # noqa: S101
        return self._transport

    async def handshake(self) -> None:
        """Raises ssl.SSLError, ConnectionError; the alert that says why has been sent."""
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._flush()
                await self._more()
            except ssl.SSLError:
                with contextlib.suppress(ConnectionError):
                    await self._flush()
                raise
        await self._flush()

    @property
    def certificate(self) -> bytes:
        """What the peer proved, in DER; b"" without one."""
        return self._tls.getpeercert(binary_form=True) or b""

    async def read(self) -> bytes:
        """What has come, up to 256 KiB; b"" once the peer says no more. Raises TlsCut, ssl.SSLError."""
        while not self.ended:
            pieces, size = [], 0
            try:
                while size < PIECE:  # one record at a time, 16 KiB at most
                    piece = self._tls.read(PIECE - size)
                    if not piece:
                        self.ended = True
                        break
                    pieces.append(piece)
                    size += len(piece)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLZeroReturnError:
                self.ended = True
            if pieces:
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)
            if self.ended:
                break
            if self._out.pending:
                await self._flush()
            await self._more()
        return b""

    async def _more(self) -> None:
        """Until more has come. Raises TlsCut when nothing will."""
        if self._gone:
            raise TlsCut("the client's connection ended")
        if self._held and self._transport is not None:
            self._held = False
            self._transport.resume_reading()
        self._came.clear()
        await self._came.wait()

    async def write(self, data: bytes) -> None:
        """Raises ConnectionError when the peer is gone."""
        if self._lost:
            raise ConnectionResetError("the client is gone")
        self._tls.write(data)
        await self._flush()

    async def _flush(self) -> None:
        if data := self._out.read():
            if self._lost or self._transport is None:
                raise ConnectionResetError("the client is gone")
            self._transport.write(data)
            await self._may_write.wait()
            if self._lost:
                raise ConnectionResetError("the client is gone")

    async def write_eof(self) -> None:
        """Say no more (close_notify), and go on reading."""
        if self._said_end:
            return
        self._said_end = True
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            # unwrap() sends our close_notify; that the peer's has not come yet is what it then complains about.
            self._tls.unwrap()
        with contextlib.suppress(ConnectionError):
            await self._flush()

    async def close(self) -> None:
        """End in order: say so, then wait a moment for the peer's own end.

        A socket that is closed while something unread lies in it answers with a reset, and a reset can overtake what
        the client has not read yet.
        """
        with contextlib.suppress(OSError, TimeoutError, RuntimeError, ssl.SSLError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.write_eof()
                if self._transport is not None and not self._lost:
                    self._transport.write_eof()
                while not self._gone:
                    self._in.read()
                    await self._more()
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """End so that the client cannot take it for an end in order: a TCP reset."""
        if self._transport is None:
            return
        found = self._transport.get_extra_info("socket")
        if found is not None and not self._lost:
            with contextlib.suppress(OSError):
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
