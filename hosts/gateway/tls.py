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

PIECE = 256 * 1024
LIMIT = 256 * 1024
CLOSE_SECONDS = 5.0


class TlsCut(ConnectionError):
    """The peer's TCP connection ended without close_notify: it is gone, or somebody cut the line."""


class Channel:
    """One TLS connection of a client. One reader and one writer at a time, and both at once."""

    def __init__(self, context: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._said_end = False
        self.ended = False  # the peer says no more

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

    @property
    def address(self) -> str:
        """The peer's IP address."""
        peer = self._writer.get_extra_info("peername")
        return str(peer[0]) if peer else ""

    async def read(self) -> bytes:
        """What has come, up to 256 KiB; b"" once the peer says no more. Raises TlsCut, ssl.SSLError."""
        if self.ended:
            return b""
        while True:
            pieces, size = [], 0
            try:
                while size < PIECE:
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
            if pieces or self.ended:
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)
            if self._out.pending:
                await self._flush()
            await self._more()

    async def _more(self) -> None:
        data = await self._reader.read(PIECE)
        if not data:
            self._in.write_eof()
            raise TlsCut("the client's connection ended")
        self._in.write(data)

    async def write(self, data: bytes) -> None:
        """Raises ConnectionError when the peer is gone."""
        if self._writer.is_closing():
            raise ConnectionResetError("the client is gone")
        self._tls.write(data)
        await self._flush()

    async def _flush(self) -> None:
        if data := self._out.read():
            if self._writer.is_closing():
                raise ConnectionResetError("the client is gone")
            self._writer.write(data)
            await self._writer.drain()

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
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.write_eof()
                if self._writer.is_closing():
                    return
                self._writer.write_eof()
                while await self._reader.read(PIECE):
                    pass
        self._writer.close()

    def reset(self) -> None:
        """End so that the client cannot take it for an end in order: a TCP reset."""
        found = self._writer.get_extra_info("socket")
        if found is not None and found.family != getattr(socket, "AF_UNIX", None):
            with contextlib.suppress(OSError):
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
