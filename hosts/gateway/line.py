"""A stream over the websocket that an agent dialled."""

import asyncio
from collections.abc import Callable

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from engine_agent.protocol.streams import Begin, Finished, HalfClose, StreamRequest, word_decode, word_encode

from .stream import READ, StreamFailed, StreamLost, pieces

LOST = "The connection to the agent was lost."
CLOSE_SECONDS = 2.0


class AgentLine:
    """A line of an agent: first ready, then joined, then a stream. See stream.Stream for what it does.

    uses: how often it was taken; beyond the first time its connection to the engine may have ended meanwhile.
    clean: whether no HTTP exchange stands open on it.
    """

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._rest = b""
        self._ended = False  # the other side says no more
        self._problem: StreamFailed | StreamLost | None = None
        self._watch: asyncio.Task[bytes | str] | None = None
        self.uses = 0
        self.clean = True
        self.reason = ""

    @property
    def open(self) -> bool:
        """Whether the line still stands, as far as we know."""
        return self._connection.close_code is None and not self._ended and self._problem is None

    async def begin(self, request: StreamRequest) -> None:
        """Join it. Bytes may be written right after."""
        await self._send(word_encode(Begin(request)))
        self.uses = 1

    async def read(self, n: int = READ) -> bytes:
        if self._rest:
            piece, self._rest = self._rest[:n], self._rest[n:]
            return piece
        piece = await self.read_frame()
        if len(piece) > n:
            piece, self._rest = piece[:n], piece[n:]
        return piece

    async def read_frame(self) -> bytes:
        """The next bytes as they came, however many; b"" at the end. For relays, which save a copy by it."""
        if self._rest:
            piece, self._rest = self._rest, b""
            return piece
        while not self._ended:
            if self._problem is not None:
                raise self._problem
            frame = await self._receive()
            if isinstance(frame, bytes):
                if frame:
                    return frame
                continue
            self._heard(frame)
        if self._problem is not None:
            raise self._problem
        return b""

    async def _receive(self) -> bytes | str:
        try:
            return await self._connection.recv()
        except ConnectionClosed as closed:
            raise self._lost() from closed

    def _heard(self, frame: str) -> None:
        try:
            word = word_decode(frame)
        except ValueError:
            self._problem = StreamFailed("The agent said something unknown on a stream.")
            return
        match word:
            case HalfClose():
                self._ended = True
            case Finished(code="", reason=reason):
                self._ended, self.reason = True, reason
            case Finished(code=code, reason=reason):
                self._problem = StreamFailed(reason, code=code)
                self.reason = reason
            case _:
                self._problem = StreamFailed("The agent said something out of turn on a stream.")

    def _lost(self) -> StreamFailed | StreamLost:
        if self._problem is None:
            self._problem = StreamLost(LOST)
            self.reason = LOST
        return self._problem

    async def write(self, data: bytes) -> None:
        for piece in pieces(data):
            await self._send(piece)

    async def write_eof(self) -> None:
        await self._send(word_encode(HalfClose()))

    async def _send(self, frame: bytes | str) -> None:
        try:
            await self._connection.send(frame)
        except ConnectionClosed as closed:
            raise self._lost() from closed

    async def close(self) -> None:
        """A line in order ends with the websocket's own good-bye; the engine's side is closed by the agent at once."""
        await self.unwatch()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connection.close()
        except (ConnectionClosed, OSError, TimeoutError):
            self._connection.transport.abort()

    def cut(self) -> None:
        """End it without a word."""
        if self._watch is not None:
            self._watch.cancel()
        self._connection.transport.abort()

    async def wait_closed(self) -> None:
        """Until the websocket is closed."""
        await self._connection.wait_closed()

    def watch(self, gone: "Callable[[AgentLine], None]") -> None:
        """While it waits for its next use: whatever comes means that it is of no use any more, and `gone` is told."""
        self._watch = asyncio.create_task(self._connection.recv())
        self._watch.add_done_callback(lambda task: self._noticed(task, gone))

    def _noticed(self, task: "asyncio.Task[bytes | str]", gone: "Callable[[AgentLine], None]") -> None:
        if not task.cancelled():
            task.exception()
            self._ended = True
            gone(self)

    async def unwatch(self) -> None:
        """It is used again."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
            self._watch = None
