"""One HTTP/1.1 request and its answer, on a connection of its own: what the engine and the portal are asked with.

A connection per request keeps every failure with the request it belongs to; on a unix socket it costs 0.2 ms.

    HttpFailed               the base; a retry may help
    ├── Unreachable          no connection, or it was lost before the answer was whole
    ├── Silent               nothing came within the time allowed
    ├── Garbled              what came is not HTTP
    └── TooLarge             the answer is over the limit the caller set; a retry does not help
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import h11

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connector = Callable[[], Awaitable[Streams]]
Body = bytes | AsyncIterator[bytes]

READ_SIZE = 64 * 1024


class HttpFailed(Exception):
    """The exchange did not come to a whole answer."""


class Unreachable(HttpFailed):
    """No connection, or it was lost before the answer was whole."""


class Silent(HttpFailed):
    """Nothing came within the time allowed."""


class Garbled(HttpFailed):
    """What came is not HTTP."""


class TooLarge(HttpFailed):
    """The answer is over the limit the caller set."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. target: path and query, already quoted; host: for the Host header."""

    method: str
    target: str
    host: str = "engine"
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None

    def head(self) -> h11.Request:
        """The request line and headers; a body of unknown length goes in chunks."""
        headers = [("Host", self.host), ("User-Agent", "pierhead-agent"), ("Connection", "close"), *self.headers]
        if isinstance(self.body, bytes):
            headers.append(("Content-Length", str(len(self.body))))
        elif self.body is not None:
            headers.append(("Transfer-Encoding", "chunked"))
        elif self.method in {"POST", "PUT", "PATCH"}:
            headers.append(("Content-Length", "0"))
        return h11.Request(method=self.method, target=self.target, headers=headers)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: connect for a connection, answer for the head of the answer, idle between pieces of it.

    None for idle waits for ever (event streams).
    """

    connect: float = 5.0
    answer: float = 30.0
    idle: float | None = 30.0


@dataclass(slots=True)
class Response:
    """An answer whose head has come. headers: lower-case names."""

    status: int
    headers: dict[str, str]
    _next: Callable[[], Awaitable[bytes]] = field(repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The pieces of the body as they come. Raises HttpFailed."""
        while piece := await self._next():
            yield piece

    async def read(self, limit: int) -> bytes:
        """The whole body. Raises TooLarge past `limit` bytes."""
        body = bytearray()
        async for piece in self.chunks():
            body += piece
            if len(body) > limit:
                raise TooLarge(f"the answer is over {limit} bytes")
        return bytes(body)


class _Line:
    """h11 over a pair of streams."""

    def __init__(self, streams: Streams, patience: Patience) -> None:
        self._reader, self._writer = streams
        self._patience = patience
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=READ_SIZE)
        self._ended = False

    async def send(self, request: Request) -> None:
        """The whole request. A connection closed by the other side is told by the answer, not here."""
        body = request.body
        self._write(self._h11.send(request.head()))
        try:
            if isinstance(body, bytes):
                self._write(self._h11.send(h11.Data(data=body)))
            elif body is not None:
                async for piece in body:
                    self._write(self._h11.send(h11.Data(data=piece)))
                    await self._writer.drain()
            self._write(self._h11.send(h11.EndOfMessage()))
            await self._writer.drain()
        except (ConnectionError, h11.LocalProtocolError):
            return

    def _write(self, data: bytes | None) -> None:
        if data:
            self._writer.write(data)

    async def head(self) -> h11.Response:
        event = await self._event(self._patience.answer)
        while isinstance(event, h11.InformationalResponse):
            event = await self._event(self._patience.answer)
        if not isinstance(event, h11.Response):
            raise Unreachable("the connection was closed before an answer came")
        return event

    async def piece(self) -> bytes:
        """The next bytes of the body, empty at its end."""
        event = await self._event(self._patience.idle)
        if isinstance(event, h11.Data):
            return bytes(event.data)
        if isinstance(event, h11.EndOfMessage):
            return b""
        raise Unreachable("the connection was closed in the middle of an answer")

    async def _event(self, seconds: float | None) -> "h11.Event | type[h11.PAUSED]":
        try:
            while True:
                event = self._h11.next_event()
                if event is not h11.NEED_DATA:
                    return event  # type: ignore[return-value]  # NEED_DATA is excluded above
                async with asyncio.timeout(seconds):
                    data = await self._reader.read(READ_SIZE)
                self._ended = not data
                self._h11.receive_data(data)
        except TimeoutError as error:
            raise Silent(f"nothing came for {seconds:g} s") from error
        except OSError as error:
            raise Unreachable(str(error) or "the connection was lost") from error
        except h11.RemoteProtocolError as error:
            if self._ended:
                raise Unreachable("the connection was closed in the middle of an answer") from error
            raise Garbled(str(error)) from error

    def close(self) -> None:
        self._writer.close()


async def _connected(connect: Connector, seconds: float) -> Streams:
    try:
        async with asyncio.timeout(seconds):
            return await connect()
    except TimeoutError as error:
        raise Silent(f"no connection within {seconds:g} s") from error
    except OSError as error:
        raise Unreachable(error.strerror or str(error)) from error


@contextlib.asynccontextmanager
async def exchange(connect: Connector, request: Request, patience: Patience) -> AsyncIterator[Response]:
    """Ask, and give the answer as soon as its head has come. Raises HttpFailed; the connection ends with the block."""
    line = _Line(await _connected(connect, patience.connect), patience)
    sender: asyncio.Task[None] | None = None
    try:
        if request.body is None or isinstance(request.body, bytes):
            await line.send(request)
        else:
            sender = asyncio.create_task(line.send(request))
        head = await line.head()
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head.headers}
        yield Response(head.status_code, headers, line.piece)
    finally:
        if sender is not None:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
        line.close()
