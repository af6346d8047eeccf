"""One connection to a host's engine: HTTP/1.1 calls one after the other, the last of which may take it over."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import h11

from hosts.gateway.streams import Stream, StreamRequest, open_stream
from portal.problems import Conflict, NotAllowed, NotFound, Problem, Unavailable

MAX_DOCUMENT = 4 * 1024 * 1024  # of one JSON answer
Opener = Callable[..., Awaitable[Stream]]


class EngineRefused(Problem):
    """The engine answered with an error that is none of the usual ones."""

    status = 502
    code = "engine-refused"
    title = "The engine refused"


@dataclass(frozen=True)
class Head:
    """Status and headers (lower case) of an answer."""

    status: int
    headers: dict[str, str]


class EngineLine:
    """See the module. Not for two tasks at once, but for one that reads and one that writes after `hijack`."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=64 * 1024)
        self._raw = False
        self._rest = b""
        self._ahead: Any = None  # an event that was met while looking for more of a body

    async def ask(
        self,
        method: str,
        target: str,
        *,
        body: bytes = b"",
        pieces: AsyncIterator[bytes] | None = None,
        content_type: str = "application/json",
        upgrade: bool = False,
    ) -> Head:
        """Send one request and read the head of its answer. `read` gives the body.

        pieces: a body of unknown length. Raises EngineRefused, NotFound, Conflict for a status of 400 and more, and
        what the stream raises.
        """
        if self._http.our_state is h11.DONE:
            async for _piece in self._body():
                pass
            self._ahead = None
            self._http.start_next_cycle()
        headers = [("Host", "engine"), ("Content-Type", content_type)]
        headers += [("Connection", "Upgrade"), ("Upgrade", "tcp")] if upgrade else []
        headers += [("Transfer-Encoding", "chunked")] if pieces else [("Content-Length", str(len(body)))]
        await self._say(h11.Request(method=method, target=target, headers=headers))
        if pieces is not None:
            await self._say_pieces(pieces)
        elif body:
            await self._say(h11.Data(data=body))
        await self._say(h11.EndOfMessage())
        return await self._answer()

    async def _say_pieces(self, pieces: AsyncIterator[bytes]) -> None:
        """A body; when the engine takes no more of it (its disk is full), what it said of that counts."""
        async for piece in pieces:
            try:
                await self._say(h11.Data(data=piece))
            except Unavailable as lost:
                with suppress(Unavailable):
                    await self._answer()
                raise lost from None

    async def _answer(self) -> Head:
        event = await self._event()
        if not isinstance(event, (h11.Response, h11.InformationalResponse)):
            raise Unavailable("The engine ended the connection without an answer.")
        head = Head(event.status_code, {name.decode(): value.decode("latin-1") for name, value in event.headers})
        if head.status == 101:
            self._raw, self._rest = True, self._http.trailing_data[0]
        elif head.status >= 400:
            raise refusal(head.status, await self.read_all())
        return head

    async def json(self, method: str, target: str, body: Any = None) -> Any:
        """One call whose answer is JSON (None when it is empty)."""
        sent = b"" if body is None else json.dumps(body).encode()
        await self.ask(method, target, body=sent)
        raw = await self.read_all()
        try:
            return json.loads(raw) if raw else None
        except ValueError:
            raise Unavailable("The engine answered with something that is not JSON.") from None

    async def read(self) -> bytes:
        """What has come of the body, or of the connection that was taken over; b"" at its end."""
        if self._raw:
            rest, self._rest = self._rest, b""
            return rest or await self._stream.read()
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                if event.data:
                    return bytes(event.data) + self._at_hand()
            else:
                return b""

    def _at_hand(self) -> bytes:
        """The chunks that have come with the one before: an engine sends each line of a log in one of its own."""
        parts = []
        while isinstance(event := self._next(), h11.Data):
            parts.append(bytes(event.data))
        self._ahead = event
        return b"".join(parts)

    async def read_all(self, limit: int = MAX_DOCUMENT) -> bytes:
        """The whole body. Raises Unavailable beyond `limit` bytes."""
        parts: list[bytes] = []
        size = 0
        async for piece in self._body():
            size += len(piece)
            if size > limit:
                raise Unavailable("The engine's answer is too large to be shown here.")
            parts.append(piece)
        return b"".join(parts)

    async def write(self, data: bytes) -> None:
        """To the connection that was taken over."""
        await self._stream.write(data)

    async def write_eof(self) -> None:
        await self._stream.write_eof()

    async def close(self) -> None:
        await self._stream.close()

    async def _body(self) -> AsyncIterator[bytes]:
        while self._http.their_state in (h11.SEND_BODY, h11.SEND_RESPONSE) and (piece := await self.read()):
            yield piece

    async def _say(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            await self._stream.write(data)

    async def _event(self) -> Any:
        """The next event; a 100 is passed over."""
        while True:
            event, self._ahead = self._ahead or self._next(), None
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._stream.read())
            elif not (isinstance(event, h11.InformationalResponse) and event.status_code != 101):
                return event

    def _next(self) -> Any:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError:
            raise Unavailable("The connection to the engine broke in the middle of an answer.") from None


def refusal(status: int, raw: bytes) -> Problem:
    """The problem that an error of the engine is, in the engine's own words."""
    try:
        text = str(json.loads(raw)["message"])
    except (ValueError, KeyError, TypeError):
        text = raw[:400].decode("utf-8", "replace").strip() or f"It answered with status {status}."
    kinds: dict[int, type[Problem]] = {403: NotAllowed, 404: NotFound, 409: Conflict}
    return kinds.get(status, EngineRefused)(text[:1000])


@asynccontextmanager
async def engine_line(host_id: UUID, *, opener: Opener = open_stream) -> AsyncIterator[EngineLine]:
    """A connection to the engine of a host, closed at the end. Raises HostAway, Unavailable."""
    stream = await opener(host_id=host_id, request=StreamRequest(kind="engine"))
    line = EngineLine(stream)
    try:
        yield line
    finally:
        await line.close()
