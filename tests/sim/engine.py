"""A simulated Docker Engine on a unix socket: the parts of the Engine API that an agent uses, and failures on demand.

    async with SimEngine(tmp_path / "engine.sock") as engine:
        engine.world.add_image("web:1")
        engine.fail("POST", "/containers/.*/start", 500, "out of order")
        ...
        await engine.stop(); await engine.start()     # the world survives

What it answers is checked against the published API description in tests/sim/test_engine_shapes.py.
"""

import asyncio
import contextlib
import json
import re
import time
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import parse_qs, unquote, urlsplit

import h11

from tests.sim import execs, shapes
from tests.sim.routes import ROUTES, Answer, Call, Handler, Hijack, Stream
from tests.sim.serving import serving
from tests.sim.world import Container, Refusal, World

assert execs.__doc__  # its routes are registered by importing it


@dataclass
class Fault:
    """One rule: the next `times` requests that match are answered with an error, held, or cut.

    status 0: the connection is closed without an answer. hold: the request waits for it first.
    """

    method: str
    path: re.Pattern[str]
    status: int
    message: str
    times: int
    hold: asyncio.Event | None = None


class Listener(Protocol):
    """What takes connections."""

    def close(self) -> None: ...


@dataclass
class SimEngine:
    """One simulated engine. `world` is what it holds, `requests` what it was asked ("POST /containers/create").

    routes: handlers of a test's own, by "METHOD /path", before all others.
    """

    socket: Path
    api_version: str = "1.41"
    engine_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    world: World = field(default_factory=World)
    requests: list[str] = field(default_factory=list)
    routes: dict[str, Handler] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._faults: list[Fault] = []
        self._listeners: set[asyncio.Queue[bytes]] = set()
        self._server: Listener | None = None
        self._serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._lives: dict[str, asyncio.Task[None]] = {}
        self.world.emit = self._emit

    @property
    def address(self) -> str:
        """The engine's address."""
        return f"unix://{self.socket}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        for life in self._lives.values():
            life.cancel()
        await asyncio.gather(*self._lives.values(), return_exceptions=True)

    async def start(self) -> None:
        """Listen, unless it does already."""
        if self._server is None:
            self._server = await self.listener()

    async def listener(self) -> Listener:
        """What takes connections and hands them to `serve`."""
        self.socket.unlink(missing_ok=True)
        return await asyncio.start_unix_server(self.serve, self.socket)

    async def stop(self, *, containers: bool = False) -> None:
        """Listen no more and cut every connection; with containers: end them as an engine's stop does."""
        if self._server is not None:
            self._server.close()
            self._server = None
        serving = dict(self._serving)
        for task, writer in serving.items():
            writer.transport.abort()
            task.cancel()
        self.socket.unlink(missing_ok=True)
        if containers:
            for container in self.world.containers.values():
                self.world.end(container, 143)
        await asyncio.gather(*serving, return_exceptions=True)
        await asyncio.sleep(0.01)  # for the transports to close their sockets

    def fail(self, method: str, path: str, status: int, message: str = "", *, times: int = 1) -> None:
        """Answer the next `times` requests whose method and whole path match with an error; 0 cuts the connection."""
        self._faults.append(Fault(method, re.compile(path), status, message, times))

    def hold(self, method: str, path: str) -> asyncio.Event:
        """Keep the next matching request waiting until the event is set."""
        event = asyncio.Event()
        self._faults.append(Fault(method, re.compile(path), 200, "", 1, event))
        return event

    def asked(self, pattern: str) -> int:
        """How often something matching was asked."""
        return sum(re.fullmatch(pattern, request) is not None for request in self.requests)

    def live(self, container: Container) -> None:
        """Have a started container do what its image's behaviour says."""
        old = self._lives.pop(container.id, None)
        if old is not None:
            old.cancel()
        self._lives[container.id] = asyncio.create_task(self._life(container))

    async def _life(self, container: Container) -> None:
        behaviour = container.image.behaviour
        async with serving(container) if behaviour.serves else contextlib.nullcontext():
            if behaviour.healthy is not None:
                await asyncio.sleep(behaviour.healthy)
                self.world.check(container, behaviour.health)
            if behaviour.exits is not None:
                await asyncio.sleep(behaviour.exits)
                self.world.end(container, behaviour.exit_code)
            if behaviour.serves and container.running:
                await asyncio.Event().wait()  # until its end cancels us

    def _emit(self, kind: str, action: str, identity: str, attributes: dict[str, str]) -> None:
        now = time.time_ns()
        event = {
            "Type": kind,
            "Action": action,
            "Actor": {"ID": identity, "Attributes": attributes},
            "scope": "local",
            "time": now // 10**9,
            "timeNano": now,
        }
        for listener in self._listeners:
            listener.put_nowait(json.dumps(event).encode() + b"\n")
        life = self._lives.get(identity)
        if action == "die" and life is not None and life is not asyncio.current_task():
            life.cancel()

    async def listen(self) -> AsyncGenerator[bytes]:
        """Events from now on, as lines of JSON."""
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.discard(queue)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving[task] = writer
        try:
            await self._one(reader, writer)
        except (OSError, h11.RemoteProtocolError, h11.LocalProtocolError, asyncio.CancelledError):
            pass
        finally:
            del self._serving[task]
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = h11.Connection(h11.SERVER)
        request: h11.Request | None = None
        body = bytearray()
        while not isinstance(event := line.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                line.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                return
        assert request is not None
        answer = await self._answered(request, bytes(body))
        if answer is None:
            writer.transport.abort()
        elif isinstance(answer, Hijack):
            writer.write(_SWITCHED)
            await answer.talk(line.trailing_data[0], reader, writer)
            await writer.drain()
        else:
            await self._reply(line, writer, answer)

    async def _answered(self, request: h11.Request, body: bytes) -> Answer | None:
        """The answer; None cuts the connection."""
        parts = urlsplit(request.target.decode())
        path = re.sub(r"^/v\d+\.\d+", "", unquote(parts.path))
        method = request.method.decode()
        self.requests.append(f"{method} {path}")
        fault = self._fault(method, path)
        if fault is not None and fault.hold is not None:
            await fault.hold.wait()
        elif fault is not None:
            return None if fault.status == 0 else Answer(fault.status, {"message": fault.message})
        headers = {name.decode().lower(): value.decode() for name, value in request.headers}
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        try:
            if own := self.routes.get(f"{method} {path}"):
                return await own(Call(self, {}, query, headers, body))
            for route in ROUTES:
                if route.method == method and (found := route.path.fullmatch(path)):
                    return await route.handler(Call(self, found.groupdict(), query, headers, body))
        except Refusal as refusal:
            return Answer(refusal.status, {"message": refusal.message})
        return Answer(404, {"message": "page not found"})

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self._faults:
            if fault.method == method and fault.path.fullmatch(path):
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    async def _reply(self, line: h11.Connection, writer: asyncio.StreamWriter, answer: Answer | Stream) -> None:
        headers = [("Content-Type", "application/json"), ("Connection", "close"), *answer.headers]
        if isinstance(answer, Stream):
            writer.write(line.send(h11.Response(status_code=200, headers=[*headers, _CHUNKED])) or b"")
            async with contextlib.aclosing(answer.pieces) as pieces:
                async for piece in pieces:
                    writer.write(line.send(h11.Data(data=piece)) or b"")
                    await writer.drain()
        else:
            data = b"" if answer.status == 204 else answer.data()
            length = ("Content-Length", str(len(data)))
            writer.write(line.send(h11.Response(status_code=answer.status, headers=[*headers, length])) or b"")
            writer.write(line.send(h11.Data(data=data)) or b"")
        writer.write(line.send(h11.EndOfMessage()) or b"")
        await writer.drain()

    def version(self) -> dict[str, Any]:
        """GET /version."""
        return shapes.version(self.api_version)

    def info(self) -> dict[str, Any]:
        """GET /info."""
        return shapes.info(self.world, self.engine_id)


_SWITCHED = (
    b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\n"
    b"Upgrade: tcp\r\n\r\n"
)
_CHUNKED = ("Transfer-Encoding", "chunked")
