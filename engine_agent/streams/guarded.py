"""What the owner of the host allows, on a stream to the engine: every request is read, judged, and only then passed on.

The portal's word is not taken for it. A request is sent on as it came (heads.py refuses what two readers could read
differently); the next one may come only after the answer is complete, so that no request hides behind another.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable

from ..policy.guard import Asked
from ..protocol.chunks import Body, Chunked, Counted, body_of
from ..protocol.heads import CHUNKED, MAX_HEAD, UNTIL_CLOSE, Garbled, RequestHead, request_head, response_head
from ..protocol.policy import Refusal

MAX_JUDGED = 8 * 1024 * 1024
RAW_TYPES = ("application/vnd.docker.raw-stream", "application/vnd.docker.multiplexed-stream")

Ask = Callable[[Asked], Awaitable[Refusal | None]]


class TurnedAway(Exception):
    """A request that is not passed on. answer: what is said instead, whole."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        body = json.dumps({"message": message}).encode() + b"\n"
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.answer = head.encode() + b"Connection: close\r\n\r\n" + body


class Guarded:
    """One stream. `requests` takes what the portal sends, `answered` sees what the engine says."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._rest = b""
        self._body: Body = Counted(0)  # of the request that is on its way
        self._method = ""  # of the request whose answer is not complete, "" when there is none
        self._head = b""  # of an answer, as far as it has come
        self._answer: Body | None = None
        self._raw = False

    async def requests(self, data: bytes) -> AsyncIterator[bytes]:
        """The pieces of `data`, and of what came before it, that may go to the engine now. Raises TurnedAway."""
        self._rest += data
        while self._rest:
            if self._raw:
                piece, self._rest = self._rest, b""
                yield piece
                return
            try:
                piece = await self._next()
            except Garbled as error:
                raise TurnedAway(f"{error.status} Refused", str(error)) from error
            if not piece:
                return
            yield piece

    async def _next(self) -> bytes:
        """What may go on; b"" when more has to come first."""
        if not self._body.done:
            taken = self._body.feed(self._rest)
            piece, self._rest = self._rest[:taken], self._rest[taken:]
            return piece
        if self._method:
            raise Garbled("pipelined", "A request came before the answer to the one before it was complete.")
        end = self._rest.find(b"\r\n\r\n")
        if end < 0:
            if len(self._rest) > MAX_HEAD:
                raise Garbled("head-too-large", "The header fields are too large.", 431)
            return b""
        head = request_head(self._rest[: end + 4])
        return await self._judged(head, end + 4)

    async def _judged(self, head: RequestHead, start: int) -> bytes:
        path, _mark, query = head.target.partition("?")
        kind = head.value(b"content-type")
        asked = Asked(head.method, path, query, None, kind)
        stop, framing = start, head.body
        if asked.body_needed and head.body:
            content = bytearray()
            reader: Chunked | Counted = Chunked() if head.body == CHUNKED else Counted(head.body)
            if isinstance(reader, Chunked):
                reader.content = content
            taken = reader.feed(self._rest[start:])
            if not reader.done:
                if len(self._rest) - start > MAX_JUDGED or head.body > MAX_JUDGED:
                    raise Garbled("body-too-large", "The request's body is too large to be judged.", 413)
                return b""
            stop, framing = start + taken, 0
            body = bytes(content) if isinstance(reader, Chunked) else self._rest[start:stop]
            asked = Asked(head.method, path, query, body, kind)
        refusal = await self._ask(asked)
        if refusal is not None:
            raise TurnedAway("403 Forbidden", f"{refusal}. The owner of the host decides that.")
        piece, self._rest = self._rest[:stop], self._rest[stop:]
        self._method, self._body = head.method, body_of(framing)
        return piece

    def answered(self, data: bytes) -> None:
        """The engine said this; call it before the portal gets it."""
        if self._raw or not self._method:
            return
        if self._answer is None:
            self._head += data
            while (end := self._head.find(b"\r\n\r\n")) >= 0:
                head = response_head(self._head[: end + 4], self._method)
                data, self._head = self._head[end + 4 :], b""
                if head.interim:
                    self._head = data
                    continue
                raw = head.body == UNTIL_CLOSE and head.value(b"content-type").startswith(RAW_TYPES)
                if head.status == 101 or raw:
                    self._raw = True
                    return
                self._answer = body_of(head.body)
                break
            else:
                if len(self._head) > MAX_HEAD:
                    raise Garbled("answer-head", "The engine's answer has too large a head.", 502)
                return
        self._answer.feed(data)
        if self._answer.done:
            self._method, self._answer = "", None
