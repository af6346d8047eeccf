"""A Docker endpoint before an engine of a test's own making, and a client that says exactly what it is told to say."""

import asyncio
import contextlib
import io
import ssl
import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async

from engine_agent.protocol.chunks import Chunked, body_of
from engine_agent.protocol.heads import RequestHead, request_head, response_head
from hosts.gateway.endpoint import Endpoint
from hosts.gateway.registry import Registry
from hosts.models import Host
from hosts.services.certificates import Context, docker_context_create
from portal.people.access import actor_for_user
from portal.people.models import User
from tests.endpoint.streaming import Scene, scene

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class HttpEngine:
    """Answers each request by `answers[METHOD PATH]` (whole bytes, or a coroutine that takes over), else `OK`."""

    answers: dict[str, Any] = field(default_factory=dict)
    heard: list[tuple[RequestHead, bytes]] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            try:
                head = request_head(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.IncompleteReadError:
                return
            self.heard.append((head, await self._body(head, reader)))
            answer = self.answers.get(f"{head.method} {head.target}", OK)
            if callable(answer):
                await answer(reader, writer)
                return
            writer.write(answer)
            await writer.drain()

    async def _body(self, head: RequestHead, reader: asyncio.StreamReader) -> bytes:
        body, whole = body_of(head.body), bytearray()
        if isinstance(body, Chunked):
            body.content = whole
        while not body.done:
            piece = await reader.read(1 if isinstance(body, Chunked) else head.body - len(whole))
            assert piece, "the request ended in its middle"
            body.feed(piece)
            if not isinstance(body, Chunked):
                whole += piece
        return bytes(whole)

    @property
    def asked(self) -> list[str]:
        return [f"{head.method} {head.target}" for head, _body in self.heard]


@dataclass
class Served:
    """A running endpoint. `host` is on it; `engine` is what it reaches."""

    endpoint: Endpoint
    registry: Registry
    engine: HttpEngine
    scene: Scene
    folder: Path

    async def context(self, user: User, host: Host, **options: Any) -> "ClientFiles":
        """A client certificate as a user downloads it."""
        made = await sync_to_async(docker_context_create)(host=host, actor=await _actor(user), **options)
        return client_files(made, self.folder)

    @contextlib.asynccontextmanager
    async def client(self, files: "ClientFiles | None", *, ca: "ClientFiles | None" = None) -> AsyncIterator["Talk"]:
        """A TLS connection; files None: without a certificate."""
        context = ssl.create_default_context(cafile=str((files or ca or _missing()).ca))
        if files is not None:
            context.load_cert_chain(files.cert, files.key)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.endpoint.port, ssl=context, server_hostname="localhost"
        )
        try:
            yield Talk(reader, writer)
        finally:
            writer.transport.abort()
            await asyncio.sleep(0)


def _missing() -> "ClientFiles":
    raise AssertionError("name an authority")


@sync_to_async
def _actor(user: User) -> Any:
    return actor_for_user(user)


@dataclass(frozen=True)
class ClientFiles:
    """What a context holds, in files."""

    ca: Path
    cert: Path
    key: Path
    context: Context


def client_files(made: Context, folder: Path) -> ClientFiles:
    """Unpack a context."""
    place = folder / str(made.certificate.pk)
    place.mkdir()
    with tarfile.open(fileobj=io.BytesIO(made.archive)) as tar:
        for name in ("ca", "cert", "key"):
            member = tar.extractfile(f"tls/docker/{name}.pem")
            assert member is not None
            (place / f"{name}.pem").write_bytes(member.read())
    return ClientFiles(place / "ca.pem", place / "cert.pem", place / "key.pem", made)


class Talk:
    """One connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, method: str = "GET") -> tuple[int, bytes]:
        """Status and body of the next answer."""
        async with asyncio.timeout(20):
            head = response_head(await self.reader.readuntil(b"\r\n\r\n"), method)
            body, whole = body_of(head.body), bytearray()
            if isinstance(body, Chunked):
                body.content = whole
            while not body.done:
                piece = await self.reader.read(1 if isinstance(body, Chunked) else max(1, head.body - len(whole)))
                if not piece:
                    break
                body.feed(piece)
                if not isinstance(body, Chunked):
                    whole += piece
            return head.status, bytes(whole)

    async def ask(
        self, method: str, target: str, *fields: str, body: bytes = b"", length: bool = True
    ) -> tuple[int, bytes]:
        """One request and its answer."""
        await self.say(request(method, target, *fields, body=body, length=length))
        return await self.answer(method)

    async def ended(self) -> bytes:
        """What comes until the other side ends, a reset counts as b""."""
        async with asyncio.timeout(20):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


def request(method: str, target: str, *fields: str, body: bytes = b"", length: bool = True) -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {target} HTTP/1.1", "Host: docker", *fields]
    if length and (body or method == "POST"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@contextlib.asynccontextmanager
async def endpoint_before(
    tmp_path: Path, host: Host, *, engine: HttpEngine | None = None, ready: int = 0
) -> AsyncIterator[Served]:
    """Everything up; `host`'s engine is `engine`."""
    engine = engine or HttpEngine()
    async with scene(tmp_path, engine.serve, ready=ready) as at:
        at.fleet.streams[host.pk] = at.agent
        at.fleet.name = host.name
        endpoint = Endpoint(at.registry, "127.0.0.1", 0)
        await endpoint.start()
        try:
            yield Served(endpoint, at.registry, engine, at, tmp_path)
        finally:
            await endpoint.stop()
