"""Many agents on one node: simulated ones, by the real wire, from this process.

What they cost while idle, how fast commands reach them all, how fast they are back after the node was killed; and what
a real agent weighs beside an engine with 100 containers. The agents run beside the portal on the same cores.
"""

import asyncio
import contextlib
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil

from engine_agent.backoff import Backoff
from engine_agent.protocol import public_key_of
from engine_agent.protocol.messages import Snapshot
from engine_agent.state import Enrolled, StateDir
from tests.lab.portal import ROOT
from tests.sim.agents import SimAgent, linux_facts
from tests.sim.engine import SimEngine
from tests.sim.portal import FakePortal
from tests.sim.wires import Closed, WebsocketWire, dial

from .report import Row
from .stage import Stage

COUNT = 1000
BACK_COUNT = 500
IDLE_SECONDS = 20.0
KB, MB = 1024, 1024 * 1024
HEAD = 6  # bytes of a small frame's head and mask

# Run inside the portal: hosts by their keys, commands for all of them, how many are linked.
MAKE_HOSTS = """
from hosts.models import Host; from portal.people.models import Team
team = Team.objects.get(slug={team!r})
Host.objects.bulk_create([Host(team=team, name=f"bench-{{i}}", public_key=key, engine_id=f"BENCH:{{i}}")
    for i, key in enumerate({keys!r})])
"""
COMMAND_ALL = """
import json, time
from django.db import transaction
from engine_agent.protocol.bodies import Deploy
from hosts.models import Command, Host
from hosts.services.commands import command_create
from portal.people.access import portal_actor
hosts = list(Host.objects.filter(name__startswith="bench-", link__gt="")[:{count}])
body = Deploy("bench", (), (), (), ())
began = time.time()
with transaction.atomic():
    ids = [command_create(host=host, body=body, summary="bench", actor=portal_actor()).pk for host in hosts]
stored = time.time()
while Command.objects.filter(summary="bench", accepted_at=None).exists() and time.time() - began < 60:
    time.sleep(0.02)
left = Command.objects.filter(summary="bench", accepted_at=None).count()
print(json.dumps(dict(hosts=len(hosts), stored=stored - began, accepted=time.time() - began, left=left)))
"""
LINKED = "from hosts.models import Host; print(Host.objects.filter(name__startswith='bench-', link__gt='').count())"


class CountingWire(WebsocketWire):
    """A websocket that counts what goes over it, frame heads included."""

    counted = 0

    async def send(self, frame: bytes) -> None:
        CountingWire.counted += len(frame) + HEAD
        await super().send(frame)

    async def receive(self) -> bytes:
        frame = await super().receive()
        CountingWire.counted += len(frame) + HEAD
        return frame


def agents_of(count: int) -> list[SimAgent]:
    """Agents with keys that follow from their number."""
    return [
        SimAgent(
            key=hashlib.sha256(f"bench {number}".encode()).digest(),
            facts=linux_facts(hostname=f"bench-{number}", engine_id=f"BENCH:{number}"),
            heartbeat=5.0,
        )
        for number in range(count)
    ]


async def live(agent: SimAgent, portal: str) -> None:
    """Connect, and connect again, as a real agent does."""
    backoff = Backoff()
    while True:
        with contextlib.suppress(OSError, Closed, Exception):
            wire = await dial(portal)
            wire.__class__ = CountingWire
            async with agent.connected(wire, origin=portal):
                backoff.reset()
                await wire._socket.wait_closed()
        await asyncio.sleep(backoff.next())


@contextlib.asynccontextmanager
async def crowd(stage: Stage, agents: list[SimAgent]) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """All agents connected."""
    tasks = []
    for number, agent in enumerate(agents):
        tasks.append(asyncio.create_task(live(agent, stage.portal.url)))
        if number % 20 == 19:
            await asyncio.sleep(0.1)
    try:
        await linked(stage, len(agents))
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def linked(stage: Stage, count: int, *, seconds: float = 600.0) -> float:
    """Wait until so many are linked; the unix time of that."""
    deadline = time.time() + seconds
    while True:
        with contextlib.suppress(Exception):
            if int(await shell(stage, LINKED)) >= count:
                return time.time()
        assert time.time() < deadline, "the agents did not all connect"
        await asyncio.sleep(0.2)


async def shell(stage: Stage, program: str) -> str:
    return await asyncio.to_thread(stage.portal.manage, "shell", "-v0", "-c", program)


def measure(stage: Stage) -> Iterator[Row]:
    yield from asyncio.run(_measure(stage))
    yield asyncio.run(_real_agent())


async def _measure(stage: Stage) -> list[Row]:
    agents = agents_of(COUNT)
    keys = [agent.public_key.hex() for agent in agents]
    await shell(stage, MAKE_HOSTS.format(team=stage.team, keys=keys))
    rows = []
    node = stage.portal.process("node")
    before = node.memory_info().rss
    async with crowd(stage, agents):
        await asyncio.sleep(10)
        grown = (node.memory_info().rss - before) / KB / COUNT
        rows.append(Row("memory per idle agent on the node", grown, 40, "KB", f"{COUNT} agents"))
        counted, cpu = CountingWire.counted, sum(node.cpu_times()[:2])
        await asyncio.sleep(IDLE_SECONDS)
        rate = (CountingWire.counted - counted) / IDLE_SECONDS / COUNT
        share = (sum(node.cpu_times()[:2]) - cpu) / IDLE_SECONDS * 100
        detail = f"both ways, websocket frames; the node uses {share:.0f} % of a core for {COUNT} agents"
        rows.append(Row("traffic of an idle agent", rate, 100, "B/s", detail))
        told = json.loads(await shell(stage, COMMAND_ALL.format(count=COUNT)))
        detail = f"{told['hosts']} agents, {told['stored']:.1f} s of it until stored, {told['left']} left"
        rows.append(Row("1,000 commands to 1,000 agents accepted", told["accepted"], 1.5, "s", detail))
    async with crowd(stage, agents[:BACK_COUNT]):
        killed = time.time()
        stage.portal.kill("node")
        await asyncio.sleep(1)
        back = await back_again(stage, agents[:BACK_COUNT], killed)
        rows.append(Row("agents back after the node was killed", back - killed, 30, "s", f"{BACK_COUNT} agents"))
    return rows


async def back_again(stage: Stage, agents: list[SimAgent], killed: float) -> float:
    """When the last agent has told its state to the new node."""
    deadline = killed + 120
    told = {id(agent): agent.snapshots for agent in agents}
    while any(agent.snapshots == told[id(agent)] for agent in agents):
        assert time.time() < deadline, "the agents did not all come back"
        await asyncio.sleep(0.05)
    return time.time()


async def _real_agent() -> Row:
    """`engine-agent run` beside a simulated engine with 100 containers."""
    with tempfile.TemporaryDirectory(prefix="bench-agent-") as name:
        folder = Path(name)
        state = StateDir(folder / "state")
        state.prepare()
        async with SimEngine(folder / "engine.sock") as engine, FakePortal(heartbeat=5.0) as portal:
            engine.world.add_image("web:1")
            for number in range(100):
                engine.world.start(engine.world.create(f"web-{number}", {"Image": "web:1"}))
            portal.keys[public_key_of(state.key())] = "host-1"
            state.save_enrolled(Enrolled(portal.origin, "host-1", "bench", "bench", engine.address))
            words = [sys.executable, "-m", "engine_agent", "run", "--state-dir", str(state.path)]
            process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL)
            try:
                await portal.hear(Snapshot, timeout=60)
                await asyncio.sleep(5)
                resident = psutil.Process(process.pid).memory_info().rss / MB
            finally:
                process.terminate()
                await process.wait()
    return Row("agent resident, 100 containers", resident, 40, "MB")
