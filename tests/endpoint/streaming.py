"""Gateway, agent's streams and a byte server as the engine, all in one event loop, without database or engine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from engine_agent.engine.transport import connector_of
from engine_agent.policy.guard import Asked
from engine_agent.portal_http import portal_at
from engine_agent.protocol import public_key_of
from engine_agent.protocol.messages import StreamOpen
from engine_agent.protocol.policy import Refusal
from engine_agent.streams import Streams
from engine_agent.streams.join import Watch
from hosts.gateway.door import Door
from hosts.gateway.listener import Listener
from hosts.gateway.registry import HostKey, Registry
from hosts.problems import HostAway

KEY = bytes(range(32))
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Give everything back; close after the other side's end."""
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()


@dataclass
class FakeFleet:
    """Asks the agents it knows directly. away: hosts that are not connected."""

    streams: dict[UUID, Streams] = field(default_factory=dict)
    address: str = ""
    asked: list[StreamOpen] = field(default_factory=list)
    away: set[UUID] = field(default_factory=set)
    deaf: bool = False
    name: str = "alpha"
    public_key: bytes = public_key_of(KEY)

    async def look(self, host_id: UUID) -> HostKey:
        if host_id in self.away or host_id not in self.streams:
            raise HostAway(f"Cannot connect to the Docker Engine on {self.name}: its agent is offline.")
        return HostKey(self.name, self.public_key)

    async def ask(self, host_id: UUID, *, stream_id: str, token: str) -> None:
        asked = StreamOpen(stream_id, token, self.address)
        self.asked.append(asked)
        if not self.deaf:
            self.streams[host_id].open(asked)


class NoPolicy:
    """A host whose owner has written nothing."""

    armed = False

    async def request_refusal(self, asked: Asked) -> Refusal | None:
        raise AssertionError("nobody asks without a policy")


@dataclass
class Scene:
    """A running gateway with one host."""

    registry: Registry
    fleet: FakeFleet
    listener: Listener
    host_id: UUID
    agent: Streams
    door: Path


@contextlib.asynccontextmanager
async def byte_engine(path: Path, serve: Serve) -> AsyncIterator[None]:
    """A unix socket that `serve` answers, one call a connection; what is open at the end is cancelled."""
    tasks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await serve(reader, writer)
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_unix_server(talk, str(path))
    try:
        yield
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def scene(
    tmp_path: Path, serve: Serve = echo, *, ready: int = 2, watch: Watch | None = None
) -> AsyncIterator[Scene]:
    """Everything up; the host's engine is `serve`."""
    socket = tmp_path / "engine.sock"
    fleet = FakeFleet()
    registry = Registry(fleet, ready=ready)
    listener = Listener(registry, "127.0.0.1", 0)
    await listener.start()
    fleet.address = f"ws://127.0.0.1:{listener.port}"
    agent = Streams(portal_at("http://127.0.0.1:1"), KEY, connector_of(f"unix://{socket}"), watch or NoPolicy())
    door = Door(registry, tmp_path / "gateway" / "streams.sock")
    await door.start()
    host_id = uuid4()
    fleet.streams[host_id] = agent
    try:
        async with byte_engine(socket, serve):
            yield Scene(registry, fleet, listener, host_id, agent, tmp_path / "gateway" / "streams.sock")
    finally:
        await door.stop()
        await registry.close()
        await listener.stop()
        await agent.close()
        await asyncio.sleep(0)


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0.01)
