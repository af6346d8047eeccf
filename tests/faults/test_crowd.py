"""The portal node dies with many agents connected and a command under way on each: all back, all done, once."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest

from engine_agent.backoff import Backoff
from tests.lab.portal import Portal, start_portal
from tests.lab.processes import wait_until
from tests.sim.agents import Script, SimAgent, many
from tests.sim.wires import Closed, dial

pytestmark = [pytest.mark.redis, pytest.mark.timeout(400)]

TEAM = "harbour"
SHELL = ("shell", "-v0", "-c")
GUARD = 120.0  # seconds; a hang guard, no claim

# Run inside the portal.
MAKE_HOSTS = """
from hosts.models import Host; from portal.people.models import Team
team = Team.objects.get(slug={team!r})
Host.objects.bulk_create([Host(team=team, name=f"crowd-{{i}}", public_key=key, engine_id=f"SIM:{{i}}")
    for i, key in enumerate({keys!r}, 1)])
"""
COMMAND_ALL = """
from engine_agent.protocol.bodies import Deploy
from hosts.models import Host
from hosts.services.commands import command_create
from portal.people.access import portal_actor
for host in Host.objects.filter(name__startswith="crowd-"):
    command_create(host=host, body=Deploy("crowd", (), (), (), ()), summary="crowd", actor=portal_actor())
"""
STATES = """
import json; from hosts.models import Command
print(json.dumps(list(Command.objects.filter(summary="crowd").values_list("state", flat=True))))
"""


async def live(agent: SimAgent, portal: Portal) -> None:
    """Connect, and connect again, as a real agent does."""
    backoff = Backoff()
    while True:
        with contextlib.suppress(OSError, Closed, Exception):
            wire = await dial(portal.url)
            async with agent.connected(wire, origin=portal.url):
                backoff.reset()
                await wire._socket.wait_closed()
        await asyncio.sleep(backoff.next())


@contextlib.asynccontextmanager
async def crowd(agents: list[SimAgent], portal: Portal) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(live(agent, portal)) for agent in agents]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def all_told(agents: list[SimAgent], before: dict[int, int]) -> bool:
    """Whether every agent has told its state once more than `before`."""
    return all(agent.snapshots > before[id(agent)] for agent in agents)


async def until(ready: Callable[[], bool], what: str, every: float = 0.1) -> None:
    """Wait for what is looked at in a thread, so that the agents go on meanwhile."""
    await asyncio.to_thread(wait_until, ready, seconds=GUARD, what=what, every=every)


async def shell(portal: Portal, program: str) -> str:
    return await asyncio.to_thread(portal.manage, *SHELL, program)


@pytest.mark.parametrize("count", [40, pytest.param(500, marks=pytest.mark.long)])
async def test_a_node_is_killed_under_a_crowd_and_every_command_has_one_effect(count: int) -> None:
    agents = many(count)
    for agent in agents:
        agent.script = lambda command: Script(seconds=1.0)  # under way when the node dies
    with start_portal() as portal:
        await asyncio.to_thread(portal.token, "admin")
        keys = [agent.public_key.hex() for agent in agents]
        await shell(portal, MAKE_HOSTS.format(team=TEAM, keys=keys))
        async with crowd(agents, portal):
            never = dict.fromkeys(map(id, agents), 0)
            await until(lambda: all_told(agents, never), "all connected")
            await shell(portal, COMMAND_ALL)
            await until(lambda: any(agent.commands for agent in agents), "the first has its command")
            told = {id(agent): agent.snapshots for agent in agents}
            portal.kill("node")
            await until(lambda: all_told(agents, told), "all back")
            done = {"succeeded": count}
            await until(lambda: Counter(json.loads(portal.manage(*SHELL, STATES))) == done, "every command done", 1.0)
        assert [len(agent.commands) for agent in agents] == [1] * count
