"""An agent and the consumer it talks to, in one process."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from engine_agent.protocol import SUBPROTOCOL
from hosts.consumers.agent import AgentConsumer
from hosts.models import Host
from tests.sim.agents import ORIGIN, SimAgent
from tests.sim.wires import CommunicatorWire


async def wire_to_portal() -> CommunicatorWire:
    """An accepted connection to a consumer of its own."""
    communicator = WebsocketCommunicator(AgentConsumer.as_asgi(), "/ws/agent/", subprotocols=[SUBPROTOCOL])
    communicator.scope["client"] = ["192.0.2.7", 40000]
    accepted, subprotocol = await communicator.connect()
    assert accepted
    assert subprotocol == SUBPROTOCOL
    return CommunicatorWire(communicator)


@contextlib.asynccontextmanager
async def connected(agent: SimAgent, *, origin: str = ORIGIN) -> AsyncIterator[CommunicatorWire]:
    """The agent, serving the portal until the block ends."""
    wire = await wire_to_portal()
    async with agent.connected(wire, origin=origin):
        yield wire


async def give_key(host: Host, agent: SimAgent) -> None:
    """Make the agent the one that the host was enrolled with; it is not connected yet."""
    await sync_to_async(Host.objects.filter(pk=host.pk).update)(
        public_key=agent.public_key.hex(), engine_id="", link="", last_seen_at=None, observed_at=None
    )


async def eventually(check: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until the (synchronous) check holds."""
    ends = time.monotonic() + seconds
    while not await sync_to_async(check)():
        assert time.monotonic() < ends, "it did not come true in time"
        await asyncio.sleep(0.01)
