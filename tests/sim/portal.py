"""A small portal for an agent to talk to: enrolment and build contexts over HTTP, the control socket, all on one port.

It records what it hears and says what a test tells it to say. Its rules are those of docs/wire.md, not those of the
real portal's code.
"""

import asyncio
import contextlib
import hashlib
import os
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import h11
import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from engine_agent.protocol import (
    SUBPROTOCOL,
    challenge_bytes,
    decode_from_agent,
    encode,
    enrolment_bytes,
    request_bytes,
    verify,
)
from engine_agent.protocol.bodies import BuildContext, CommandBody, QueryBody
from engine_agent.protocol.messages import (
    Answer,
    Challenge,
    CommandFinished,
    CommandSend,
    FromAgent,
    FromPortal,
    Heartbeat,
    Hello,
    Query,
    Refused,
    ResultAck,
    Welcome,
)

M = TypeVar("M")


class FakePortal:
    """One portal on a loopback port. `async with FakePortal() as portal`.

    heard: every message of every connection, in order. refuse: said instead of Welcome while it is set.
    hearing: while cleared, no heartbeats are sent and nothing is read. acknowledge: whether ends are acknowledged.
    """

    def __init__(self, *, heartbeat: float = 1.0, tls: ssl.SSLContext | None = None) -> None:
        self.heartbeat = heartbeat
        self.tls = tls
        self.tokens: set[str] = {"good-token"}
        self.keys: dict[bytes, str] = {}
        self.enrolments: list[dict[str, Any]] = []
        self.approval = False  # whether newcomers wait for it
        self.heard: list[FromAgent] = []
        self.hellos: list[Hello] = []
        self.refuse: Refused | None = None
        self.hearing = asyncio.Event()
        self.hearing.set()
        self.acknowledge = True
        self.contexts: dict[str, bytes] = {}
        self.files: dict[str, bytes] = {}
        self.connection: ServerConnection | None = None
        self.port = 0
        self._news = asyncio.Condition()
        self._front: asyncio.Server | None = None
        self._inner: Server | None = None
        self._inner_port = 0

    @property
    def origin(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._inner = await serve(
            self._talk, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)], ping_interval=None, compression=None
        )
        self._inner_port = next(iter(self._inner.sockets)).getsockname()[1]
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shut()
        if self._inner is not None:
            self._inner.close()
            await self._inner.wait_closed()

    async def open(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._front = await asyncio.start_server(self._http, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._front.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Listen no more and cut the connection."""
        if self._front is not None:
            self._front.close()
        self.drop()
        await asyncio.sleep(0)

    def drop(self) -> None:
        """Cut the control socket without a word."""
        if self.connection is not None:
            self.connection.transport.abort()
            self.connection = None

    async def send(self, message: FromPortal) -> None:
        """Say something on the present connection."""
        await self.send_raw(encode(message))

    async def send_raw(self, frame: bytes | str) -> None:
        """Say anything at all."""
        assert self.connection is not None, "no agent is connected"
        await self.connection.send(frame)

    async def command(self, command: str, body: CommandBody, *, ttl: float = 60.0) -> None:
        """Send a command."""
        await self.send(CommandSend(command, body, ttl))

    async def ask(self, query: str, body: QueryBody, *, timeout: float = 10.0) -> Answer:
        """Ask, and wait for the answer."""
        await self.send(Query(query, body, timeout))
        return await self.hear(Answer, lambda answer: answer.id == query, timeout=timeout)

    async def finished(self, command: str, *, timeout: float = 60.0) -> CommandFinished:
        """Wait for the end of a command."""
        return await self.hear(CommandFinished, lambda end: end.id == command, timeout=timeout)

    async def hear(
        self, kind: type[M], which: Callable[[M], bool] = lambda _: True, *, after: int = 0, timeout: float = 10.0
    ) -> M:
        """The first message of a kind that satisfies `which`, heard at index `after` or later; waits for it."""

        def found() -> M | None:
            return next((m for m in self.heard[after:] if isinstance(m, kind) and which(m)), None)

        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: found() is not None)
        message = found()
        assert message is not None
        return message

    async def connections(self, count: int, *, timeout: float = 10.0) -> None:
        """Wait until an agent has said hello `count` times."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: len(self.hellos) >= count)

    def context(self, archive: bytes) -> BuildContext:
        """Offer a build context."""
        digest = hashlib.sha256(archive).hexdigest()
        self.contexts[digest] = archive
        return BuildContext(f"/api/v1/agent/contexts/{digest}.tar", digest, len(archive))

    async def _talk(self, connection: ServerConnection) -> None:
        nonce = os.urandom(32)
        await connection.send(encode(Challenge(nonce, "9.9.9", 1, 1)))
        with contextlib.suppress(ConnectionClosed):
            hello = decode_from_agent(_frame(await connection.recv()))
            assert isinstance(hello, Hello)
            reply = self._judge(hello, nonce)
            await self._note(hello)
            await connection.send(encode(reply))
            if isinstance(reply, Refused):
                return
            self.connection = connection
            beat = asyncio.create_task(self._beat(connection))
            try:
                await self._listen(connection)
            finally:
                beat.cancel()

    async def _listen(self, connection: ServerConnection) -> None:
        async for frame in connection:
            await self.hearing.wait()
            message = decode_from_agent(_frame(frame))
            await self._note(message)
            if isinstance(message, CommandFinished) and self.acknowledge:
                await connection.send(encode(ResultAck(message.id)))

    async def _beat(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(self.heartbeat)
                if self.hearing.is_set():
                    await connection.send(encode(Heartbeat()))

    def _judge(self, hello: Hello, nonce: bytes) -> Welcome | Refused:
        signed = challenge_bytes(nonce, hello.origin, hello.public_key)
        if hello.origin != self.origin or not verify(hello.public_key, signed, hello.signature):
            return Refused("bad-signature", "The signature does not fit")
        if self.refuse is not None:
            return self.refuse
        if hello.public_key not in self.keys:
            return Refused("unknown-key", "This host is not enrolled here")
        return Welcome(self.keys[hello.public_key], self.heartbeat, 8 * 1024 * 1024, datetime.now(UTC))

    async def _note(self, message: FromAgent) -> None:
        async with self._news:
            self.heard.append(message)
            if isinstance(message, Hello):
                self.hellos.append(message)
            self._news.notify_all()

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request: the control socket is handed on byte by byte, everything else answered here."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if b" /ws/agent/ " in head.split(b"\r\n", 1)[0]:
                await self._splice(head, reader, writer)
            else:
                await self._answer(head, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _splice(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._inner_port)
        inner_writer.write(head)
        ways = [
            asyncio.create_task(_pour(reader, inner_writer)),
            asyncio.create_task(_pour(inner_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            inner_writer.transport.abort()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _answer(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = h11.Connection(h11.SERVER)
        line.receive_data(head)
        request = line.next_event()
        assert isinstance(request, h11.Request)
        body = bytearray()
        while not isinstance(event := line.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                line.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Data):
                body += event.data
        status, kind, answer = self._route(request, bytes(body))
        headers = [("Content-Type", kind), ("Content-Length", str(len(answer))), ("Connection", "close")]
        writer.write(line.send(h11.Response(status_code=status, headers=headers)) or b"")
        writer.write(line.send(h11.Data(data=answer)) or b"")
        writer.write(line.send(h11.EndOfMessage()) or b"")
        await writer.drain()

    def _route(self, request: h11.Request, body: bytes) -> tuple[int, str, bytes]:
        target = request.target.decode()
        if request.method == b"POST" and target == "/api/v1/agent/enrol":
            return self._enrol(msgspec.json.decode(body))
        if request.method == b"GET" and target in self.files:
            return 200, "application/zip", self.files[target]
        if request.method == b"GET" and target == "/healthz":
            return 200, "application/json", b'{"status": "ok"}'
        digest = target.removeprefix("/api/v1/agent/contexts/").removesuffix(".tar")
        if request.method == b"GET" and digest in self.contexts:
            if not self._signed(request, target):
                return _problem(403, "Not yours", "The signature does not fit")
            return 200, "application/x-tar", self.contexts[digest]
        return _problem(404, "There is no such thing here", "")

    def _enrol(self, asked: dict[str, Any]) -> tuple[int, str, bytes]:
        public = bytes.fromhex(asked["public_key"])
        if asked["token"] not in self.tokens:
            return _problem(403, "This token cannot be used", "It was used already or has expired. Make a new one")
        if not verify(public, enrolment_bytes(asked["token"], public), bytes.fromhex(asked["signature"])):
            return _problem(403, "The signature does not fit", "")
        self.enrolments.append(asked)
        self.keys[public] = f"host-{len(self.enrolments)}"
        answer = {"host_id": self.keys[public], "name": asked["name"], "team": "crew", "waiting": self.approval}
        return 200, "application/json", msgspec.json.encode(answer)

    def _signed(self, request: h11.Request, target: str) -> bool:
        word = dict(request.headers).get(b"authorization", b"").decode()
        scheme, _, rest = word.partition(" ")
        public, at, signature = rest.split(":")
        key = bytes.fromhex(public)
        return scheme == "Pierhead-Agent" and verify(
            key, request_bytes("GET", target, int(at), key), bytes.fromhex(signature)
        )


def _frame(frame: bytes | str) -> bytes:
    assert isinstance(frame, bytes), "an agent speaks in bytes"
    return frame


def _problem(status: int, title: str, detail: str) -> tuple[int, str, bytes]:
    return status, "application/problem+json", msgspec.json.encode({"title": title, "detail": detail})


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
