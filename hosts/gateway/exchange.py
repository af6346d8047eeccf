"""One request and its answer, both directions live, from the moment the request was judged."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from engine_agent.protocol.chunks import Body, Chunked, body_of
from engine_agent.protocol.heads import UNTIL_CLOSE, RequestHead, ResponseHead

from .errors import Told
from .inbox import KEPT, Inbox
from .inquiry import answer_head
from .line import AgentLine
from .stream import StreamLost
from .tls import Channel

MAX_WHOLE = 32 * 1024 * 1024  # an answer that is filtered is read whole
RAW_TYPES = ("application/vnd.docker.raw-stream", "application/vnd.docker.multiplexed-stream")


class Exchange:
    """Sends `head` (as `sent`) and what follows to the engine, and the answer to the client.

    filter: for a whole JSON answer; lines: for an answer of JSON lines; seen: told the status; made: told the document
    of an answer 201 before the client is.
    started: whether the client has got a byte of the answer. keep: whether its connection is in order afterwards.
    """

    def __init__(
        self,
        channel: Channel,
        inbox: Inbox,
        line: AgentLine,
        head: RequestHead,
        *,
        sent: bytes,
        body: Body,
        filter: Callable[[Any], Any] | None = None,
        lines: Callable[[bytes], bool] | None = None,
        seen: Callable[[int], None] = lambda status: None,
        made: Callable[[Any], Awaitable[None]] | None = None,
    ) -> None:
        self._channel, self._inbox, self._line, self._head = channel, inbox, line, head
        self._sent, self._body = sent, body
        self._filter, self._lines, self._seen, self._made = filter, lines, seen, made
        self._raw = asyncio.Event()  # the connection was taken over: bytes without meaning to us
        self.started = False
        self.keep = head.keep

    async def run(self) -> None:
        """Raises Told, StreamLost, StreamFailed, ConnectionError; `line.clean` says whether the line may go on."""
        self._line.clean = False
        await self._line.write(self._sent)
        up = asyncio.create_task(self._up())
        down = asyncio.create_task(self._down())
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if not down.done() and up.exception() is not None:
                up.result()  # the client is gone, or sent what is no body
            await down
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
        if self._inbox.ended:
            self.keep = False

    # -- from the client to the engine

    async def _up(self) -> None:
        while not self._body.done:
            piece = await self._inbox.piece()
            taken = self._body.feed(piece)
            await self._line.write(piece[:taken] if taken < len(piece) else piece)
            if taken < len(piece):
                self._inbox.rest = piece[taken:] + self._inbox.rest
        await self._await_raw()
        if self._raw.is_set():
            await self._up_raw()

    async def _await_raw(self) -> None:
        """While the answer comes: notice a client that ends, and keep what it says too early."""
        taken_over = asyncio.create_task(self._raw.wait())
        try:
            while not self._raw.is_set() and not self._inbox.ended:
                if len(self._inbox.rest) > KEPT:
                    await taken_over
                    return
                listening = asyncio.create_task(self._inbox.listen())
                try:
                    await asyncio.wait({taken_over, listening}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    if not listening.done():
                        listening.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await listening
        finally:
            taken_over.cancel()
        if self._inbox.ended and not self._inbox.rest:
            await self._line.write_eof()  # the engine sees what it would see on its own socket

    async def _up_raw(self) -> None:
        inbox = self._inbox
        if inbox.rest:
            piece, inbox.rest = inbox.rest, b""
            await self._line.write(piece)
        if inbox.ended:
            return
        while piece := await self._channel.read():
            await self._line.write(piece)
        await self._line.write_eof()

    # -- from the engine to the client

    async def _down(self) -> None:
        head, rest = await answer_head(self._line, self._head.method)
        self._seen(head.status)
        if head.status == 101 or (head.body == UNTIL_CLOSE and head.value(b"content-type").startswith(RAW_TYPES)):
            await self._down_raw(head, rest)
            return
        if self._head.upgrade and self._inbox.rest:
            raise Told(400, "Nothing may follow a request to take the connection over.", rule="pipelined", close=True)
        if (self._filter is not None and head.status == 200) or (self._made is not None and head.status == 201):
            await self._down_whole(head, rest)
        elif self._lines is not None and head.status == 200:
            await self._down_lines(head, rest)
        else:
            await self._down_as_it_is(head, rest)

    async def _down_raw(self, head: ResponseHead, rest: bytes) -> None:
        self.keep = False
        await self._write(_status_and_fields(head) + rest)
        self._raw.set()
        while piece := await self._line.read_frame():
            await self._channel.write(piece)
        await self._channel.write_eof()

    async def _down_as_it_is(self, head: ResponseHead, rest: bytes) -> None:
        body = body_of(head.body)
        first = _status_and_fields(head)
        while True:
            taken = body.feed(rest)
            await self._write(first + rest[:taken] if first else rest[:taken] if taken < len(rest) else rest)
            first = b""
            if body.done:
                self._over(head, rest[taken:])
                return
            rest = await self._line.read_frame()
            if not rest:
                if head.body == UNTIL_CLOSE:
                    self.keep = False
                    return
                raise StreamLost("The engine closed the connection in the middle of its answer.")

    async def _down_whole(self, head: ResponseHead, rest: bytes) -> None:
        whole, rest = await self._whole(head, rest)
        try:
            document = json.loads(whole)
        except ValueError as error:
            raise Told(502, "The engine's answer could not be read.", rule="engine-answer", close=True) from error
        if self._made is not None:
            await self._made(document)
        if self._filter is not None:
            whole = json.dumps(self._filter(document), separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        await self._write(_status_and_fields(head, length=len(whole)) + whole)
        self._over(head, rest)

    async def _whole(self, head: ResponseHead, rest: bytes) -> tuple[bytes, bytes]:
        body, whole = body_of(head.body), bytearray()
        if isinstance(body, Chunked):
            body.content = whole
        while True:
            taken = body.feed(rest)
            if not isinstance(body, Chunked):
                whole += rest[:taken]
            rest = rest[taken:]
            if body.done:
                return bytes(whole), rest
            if len(whole) > MAX_WHOLE:
                raise Told(502, "The engine's answer is too large to be filtered.", rule="engine-answer", close=True)
            rest = await self._line.read_frame()
            if not rest:
                raise StreamLost("The engine closed the connection in the middle of its answer.")

    async def _down_lines(self, head: ResponseHead, rest: bytes) -> None:
        """Lines one by one, those that may be seen, in chunks of our own."""
        assert self._lines is not None  # noqa: S101 - for the type checker
        body, text = body_of(head.body), bytearray()
        if isinstance(body, Chunked):
            body.content = text
        await self._write(_status_and_fields(head, chunked=True))
        while True:
            taken = body.feed(rest)
            if not isinstance(body, Chunked):
                text += rest[:taken]
            while (end := text.find(b"\n")) >= 0:
                one = bytes(text[: end + 1])
                del text[: end + 1]
                if self._lines(one):
                    await self._write(b"%x\r\n%s\r\n" % (len(one), one))
            if body.done:
                await self._write(b"0\r\n\r\n")
                self._over(head, rest[taken:])
                return
            if len(text) > MAX_WHOLE:
                raise Told(502, "A line of the engine's answer is too long.", rule="engine-answer", close=True)
            rest = await self._line.read_frame()
            if not rest:
                raise StreamLost("The engine closed the connection in the middle of its answer.")

    def _over(self, head: ResponseHead, rest: bytes) -> None:
        """The answer is complete. An engine that answered before it had the whole body reads no more of it."""
        whole = self._body.done
        self._line.clean = head.keep and whole and not rest and not self._inbox.ended
        self.keep = self.keep and head.keep and whole

    async def _write(self, data: bytes) -> None:
        if data:
            self.started = True
            await self._channel.write(data)


def _status_and_fields(head: ResponseHead, *, length: int | None = None, chunked: bool = False) -> bytes:
    """The head as the engine said it, but for how a body that we changed is framed."""
    changed = length is not None or chunked
    lines = [b"HTTP/1.1 %s" % head.line]
    for name, value in head.fields:
        if not (changed and name.lower() in (b"content-length", b"transfer-encoding", b"trailer")):
            lines.append(b"%s: %s" % (name, value))
    if length is not None:
        lines.append(b"Content-Length: %d" % length)
    elif chunked:
        lines.append(b"Transfer-Encoding: chunked")
    return b"\r\n".join(lines) + b"\r\n\r\n"
