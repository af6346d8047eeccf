"""Two portal nodes on one database and one Redis: what is done on one is true on the other at once."""

import asyncio
import contextlib
import time
from collections.abc import Iterator

import pytest

from engine_agent.protocol import decode_from_portal
from engine_agent.protocol import messages as wire
from tests.lab.portal import Portal, start_portal
from tests.lab.redis_server import RedisServer
from tests.sim.agents import SimAgent
from tests.sim.wires import Closed, dial

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.timeout(180)]

TEAM = "Harbour"


@pytest.fixture
def nodes(postgres: str, redis_server: RedisServer) -> Iterator[tuple[Portal, Portal]]:
    """Two of them; people meet the first, agents the second."""
    env = {"DATABASE_URL": postgres, "REDIS_URL": redis_server.url, "PIERHEAD_SECRET_KEY": "two nodes, one key" * 4}
    with start_portal(env=env) as first, start_portal(env=env) as second:
        yield first, second


async def test_a_host_on_another_node_is_asked_and_revoked_within_two_seconds(nodes: tuple[Portal, Portal]) -> None:
    first, second = nodes
    token = first.token("admin", team=TEAM)
    status, made = first.api("POST", "hosts/enrolments", token, {"team": TEAM.lower()})
    assert status == 201, made
    agent = SimAgent(features=("upkeep",))
    await agent.enrol(portal=second.url, token=made["token"])
    connection = await dial(second.url)
    await agent.shake_hands(connection, origin=second.url)
    await agent_turn(agent, connection, first, token)
    began = time.monotonic()
    status, _ = await asyncio.to_thread(first.api, "PATCH", f"hosts/{agent.host_id}", token, {"revoked": True})
    assert status == 200
    heard: list[wire.FromPortal] = []
    with contextlib.suppress(Closed):
        async with asyncio.timeout(10):
            while True:
                heard.append(decode_from_portal(await connection.receive()))
    assert time.monotonic() - began < 5  # two seconds, and a busy machine's delay
    [refused] = [one for one in heard if isinstance(one, wire.Refused)]
    assert refused.code == "revoked"


async def agent_turn(agent: SimAgent, connection: object, first: Portal, token: str) -> None:
    """A command that is asked for on the first node reaches the agent on the second."""
    path = f"hosts/{agent.host_id}/rotate-key"
    status, command = await asyncio.to_thread(first.api, "POST", path, token)
    assert status == 202, command
    async with asyncio.timeout(10):
        while True:
            message = decode_from_portal(await connection.receive())  # type: ignore[attr-defined]
            if isinstance(message, wire.CommandSend):
                assert message.id == command["id"]
                return
