"""An engine at the other end of a stream: answers requests as a script says, for consumers and calls without a host."""

import asyncio
import json
import struct
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import h11

from engine_agent.protocol.streams import StreamRequest

Handler = Callable[["FakeStream", str, str, bytes], Awaitable[None]]


def framed(text: str | bytes, kind: int = 1) -> bytes:
    """A frame of the engine's output."""
    data = text.encode() if isinstance(text, str) else text
    return struct.pack(">BxxxI", kind, len(data)) + data


def stamped(second: float, text: str) -> str:
    """A log line as the engine writes it with timestamps, `second` after 2026-01-01."""
    whole, part = int(second), round(second % 1 * 1e9)
    return f"2026-01-01T00:{whole // 60:02d}:{whole % 60:02d}.{part:09d}Z {text}\n"


def answered(status: int, body: bytes | None, *, kind: str = "application/json") -> bytes:
    """The head of an answer, with its body; body None: it goes on in chunks."""
    length = "Transfer-Encoding: chunked" if body is None else f"Content-Length: {len(body)}"
    return f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{length}\r\n\r\n".encode() + (body or b"")


def as_json(value: Any, status: int = 200) -> bytes:
    return answered(status, json.dumps(value).encode())


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b"0\r\n\r\n"


class FakeStream:
    """A stream whose other end is `handler`, called for each request; after an upgrade it reads `heard` itself."""

    def __init__(self, handler: Handler) -> None:
        self.reason = ""
        self.closed = False
        self.eof = False
        self.reads = 0
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self._handler = handler
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self._http = h11.Connection(h11.SERVER)
        self._asked: tuple[str, str] | None = None
        self._body = b""
        self._raw = False
        self.tasks: list[asyncio.Task[None]] = []

    def say(self, data: bytes) -> None:
        """From the engine to the portal."""
        self._pieces.put_nowait(data)

    def take_over(self) -> None:
        """101: bytes from now on."""
        self._raw = True
        self.say(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")

    async def read(self, n: int = 65536) -> bytes:
        self.reads += 1
        return await self._pieces.get()

    async def write(self, data: bytes) -> None:
        if self._raw:
            self.heard.put_nowait(data)
            return
        self._http.receive_data(data)
        while (event := self._http.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Request):
                self._asked, self._body = (event.method.decode(), event.target.decode()), b""
            elif isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage) and self._asked:
                method, target = self._asked
                self._http = h11.Connection(h11.SERVER)
                self.tasks.append(asyncio.create_task(self._run(method, target, self._body)))
                break

    async def _run(self, method: str, target: str, body: bytes) -> None:
        await self._handler(self, method, target, body)

    async def write_eof(self) -> None:
        self.eof = True

    async def close(self) -> None:
        self.closed = True
        for task in self.tasks:
            task.cancel()


class FakeHost:
    """Opens fake streams, and keeps them."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.streams: list[FakeStream] = []

    async def __call__(self, *, host_id: UUID, request: StreamRequest) -> FakeStream:
        stream = FakeStream(self.handler)
        self.streams.append(stream)
        return stream
