"""Simulated agents: the real wire, an invented engine. For tests, and by the hundred for measuring.

    agent = SimAgent()
    await agent.enrol(portal="http://127.0.0.1:8000", token=token)     # or any other way to register agent.public_key
    async with agent.connected(await dial(portal)):                    # or CommunicatorWire(...) within one process
        ...

What a command leads to is decided by `agent.script`, a function from the command to a `Script`.
"""

import asyncio
import contextlib
import hashlib
import itertools
import json
import secrets
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from engine_agent.protocol import (
    PROTOCOL_MAX,
    challenge_bytes,
    decode_from_portal,
    encode,
    enrolment_bytes,
    public_key_of,
    sign,
)
from engine_agent.protocol import messages as wire
from engine_agent.protocol.bodies import ContainerAction, ContainerLogs, Deploy, QueryBody, RemoveProject
from engine_agent.protocol.facts import ContainerFact, HostFacts, ImageFact, NetworkFact, PortFact
from tests.sim.wires import Closed, Wire

ORIGIN = "http://127.0.0.1:8000"


class RefusedByPortal(Exception):
    """The portal did not let the agent in."""

    def __init__(self, refused: wire.Refused) -> None:
        super().__init__(f"{refused.code}: {refused.detail}")
        self.refused = refused


@dataclass(frozen=True)
class Script:
    """How a command goes. steps and lines are reported before the end; seconds pass between accepting and ending.

    accept: whether it is accepted at all; finish: whether it ends by itself.
    """

    outcome: str = "succeeded"
    error: str = ""
    code: str = ""
    log_tail: str = ""
    steps: tuple[wire.StepReport, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    accept: bool = True
    finish: bool = True


def linux_facts(**changes: Any) -> HostFacts:
    """A usual Linux host."""
    usual: dict[str, Any] = {
        "hostname": "sim",
        "agent_version": "0.1.0",
        "os": "linux",
        "os_name": "Debian GNU/Linux 12 (bookworm)",
        "architecture": "amd64",
        "cpus": 4,
        "memory_bytes": 8 * 2**30,
        "engine_version": "20.10.24",
        "api_version": "1.41",
    }
    return HostFacts(**(usual | changes))


def container(number: int, **changes: Any) -> ContainerFact:
    """A running container; its id follows from the number."""
    usual: dict[str, Any] = {
        "cid": hashlib.sha256(f"container {number}".encode()).hexdigest(),
        "name": f"sim-{number}",
        "image": "busybox:1",
        "image_id": "sha256:" + hashlib.sha256(b"busybox").hexdigest(),
        "state": "running",
        "started": datetime(2030, 1, 1, tzinfo=UTC),
    }
    return ContainerFact(**(usual | changes))


@dataclass
class SimAgent:
    """One agent process. commands: what it carried out, in order, each once however often it was sent."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    boot: str = field(default_factory=lambda: secrets.token_hex(8))
    facts: HostFacts = field(default_factory=linux_facts)
    containers: dict[str, ContainerFact] = field(default_factory=dict)
    images: tuple[ImageFact, ...] = ()
    networks: tuple[NetworkFact, ...] = ()
    script: Callable[[wire.CommandSend], Script] = lambda command: Script()
    logs: str = "hello\n"
    heartbeat: float = 1.0
    features: tuple[str, ...] = ()

    sequence: int = 0
    commands: list[wire.CommandSend] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    results: dict[str, wire.CommandFinished] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    streams: list[wire.StreamOpen] = field(default_factory=list)
    snapshots: int = 0
    host_id: str = ""
    _wire: Wire | None = None
    _work: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def public_key(self) -> bytes:
        return public_key_of(self.key)

    def enrolment(self, token: str, name: str = "sim") -> dict[str, Any]:
        """The JSON body of POST /api/v1/agent/enrol."""
        return {
            "token": token,
            "public_key": self.public_key.hex(),
            "signature": sign(self.key, enrolment_bytes(token, self.public_key)).hex(),
            "name": name,
            "facts": msgspec.to_builtins(self.facts),
        }

    async def enrol(self, *, portal: str, token: str, name: str = "sim") -> str:
        """Become a host of a running portal; its id."""
        request = urllib.request.Request(
            f"{portal}/api/v1/agent/enrol",
            json.dumps(self.enrolment(token, name)).encode(),
            {"Content-Type": "application/json"},
        )
        answer = await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=20).read())
        self.host_id = json.loads(answer)["host_id"]
        return self.host_id

    async def shake_hands(self, connection: Wire, *, origin: str = ORIGIN) -> wire.Welcome:
        """Challenge, hello, welcome. Raises RefusedByPortal, Closed."""
        challenge = decode_from_portal(await connection.receive())
        assert isinstance(challenge, wire.Challenge)
        await connection.send(encode(self.hello(challenge.nonce, origin)))
        answer = decode_from_portal(await connection.receive())
        if isinstance(answer, wire.Refused):
            raise RefusedByPortal(answer)
        assert isinstance(answer, wire.Welcome)
        self.host_id = answer.host_id
        return answer

    def hello(self, nonce: bytes, origin: str = ORIGIN) -> wire.Hello:
        """The proof of identity for one connection."""
        signature = sign(self.key, challenge_bytes(nonce, origin, self.public_key))
        return wire.Hello(
            PROTOCOL_MAX,
            self.public_key,
            origin,
            signature,
            self.facts.agent_version,
            self.boot,
            self.facts.engine_id,
            self.features,
        )

    @contextlib.asynccontextmanager
    async def connected(self, connection: Wire, *, origin: str = ORIGIN) -> AsyncIterator["SimAgent"]:
        """Serve the portal over `connection` until the block ends, after facts and a snapshot."""
        await self.shake_hands(connection, origin=origin)
        self._wire = connection
        await self.say(wire.Facts(self.facts))
        await self.snapshot()
        for result in list(self.results.values()):
            if result.id not in self.acknowledged:
                await self.say(result)
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._beat())]
        try:
            yield self
        finally:
            self._wire = None
            for task in [*tasks, *self._work]:
                task.cancel()
            await asyncio.gather(*tasks, *self._work, return_exceptions=True)
            self._work.clear()
            with contextlib.suppress(Closed):
                await connection.close()

    async def say(self, message: wire.FromAgent) -> None:
        """One message; lost silently when there is no connection, as a real one would be."""
        if self._wire is not None:
            with contextlib.suppress(Closed):
                await self._wire.send(encode(message))

    async def snapshot(self) -> None:
        """All that the engine holds."""
        self.snapshots += 1
        await self.say(wire.Snapshot(self.sequence, tuple(self.containers.values()), self.images, self.networks, ()))

    async def change(self, *changed: ContainerFact, removed: tuple[str, ...] = ()) -> None:
        """Containers that appeared or changed, and ids that are gone."""
        for one in changed:
            self.containers[one.cid] = one
        for cid in removed:
            self.containers.pop(cid, None)
        self.sequence += 1
        await self.say(wire.Delta(self.sequence, containers=changed, removed=removed))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.heartbeat)
            await self.say(wire.Heartbeat(self.sequence))

    async def _read(self) -> None:
        assert self._wire is not None
        connection = self._wire
        with contextlib.suppress(Closed):
            while True:
                await self._take(decode_from_portal(await connection.receive()))

    async def _take(self, message: wire.FromPortal) -> None:
        match message:
            case wire.CommandSend():
                self.received.append(message.id)
                await self._command(message)
            case wire.CommandCancel():
                await self._finish(message.id, Script(outcome="cancelled", error="Cancelled on request."))
            case wire.ResultAck():
                self.acknowledged.add(message.id)
            case wire.SnapshotRequest():
                await self.snapshot()
            case wire.Query():
                await self.say(wire.Answer(message.id, result=self._answer(message.body)))
            case wire.StreamOpen():
                self.streams.append(message)
            case _:
                pass

    def _answer(self, body: QueryBody) -> dict[str, Any]:
        if isinstance(body, ContainerLogs):
            return {"text": self.logs, "truncated": False}
        return {"Id": getattr(body, "cid", ""), "Config": {"Env": ["SECRET=word"]}}

    async def _command(self, command: wire.CommandSend) -> None:
        if command.id in self.results:
            await self.say(self.results[command.id])
            return
        if any(task.get_name() == command.id for task in self._work):
            await self.say(wire.CommandAccepted(command.id))
            return
        script = self.script(command)
        if not script.accept:
            return
        if all(known.id != command.id for known in self.commands):
            self.commands.append(command)  # else it was cut short with its connection, and is carried on
        await self.say(wire.CommandAccepted(command.id))
        task = asyncio.create_task(self._carry_out(command, script), name=command.id)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _carry_out(self, command: wire.CommandSend, script: Script) -> None:
        if script.steps or script.lines:
            await self.say(wire.CommandProgress(command.id, 1, script.steps, script.lines))
        if script.seconds:
            await asyncio.sleep(script.seconds)
        if not script.finish:
            return
        if script.outcome == "succeeded":
            await self._effect(command.body)
        await self._finish(command.id, script)

    async def _finish(self, command_id: str, script: Script) -> None:
        if command_id not in self.results:
            self.results[command_id] = wire.CommandFinished(
                command_id, script.outcome, script.error, script.code, script.log_tail
            )
        await self.say(self.results[command_id])

    async def _effect(self, body: object) -> None:
        """What the command does to the invented engine."""
        if isinstance(body, Deploy):
            mine = {
                cid
                for cid, one in self.containers.items()
                if one.labels.get("com.docker.compose.project") == body.project
            }
            wanted = [deployed(body, index) for index in range(len(body.containers))]
            gone = tuple(mine - {one.cid for one in wanted})
            await self.change(*wanted, removed=gone)
        elif isinstance(body, RemoveProject):
            label = "com.docker.compose.project"
            gone = tuple(cid for cid, one in self.containers.items() if one.labels.get(label) == body.project)
            await self.change(removed=gone)
        elif isinstance(body, ContainerAction):
            await self._act(body)

    async def _act(self, body: ContainerAction) -> None:
        one = self.containers.get(body.cid)
        if one is None:
            return
        if body.action == "remove":
            await self.change(removed=(body.cid,))
        else:
            state = "exited" if body.action in {"stop", "kill"} else "running"
            await self.change(msgspec.structs.replace(one, state=state))


def deployed(body: Deploy, index: int) -> ContainerFact:
    """The container that a deploy leads to."""
    spec = body.containers[index]
    bindings = spec.create.get("HostConfig", {}).get("PortBindings", {})
    ports = tuple(
        PortFact(int(target.split("/")[0]), target.split("/")[1], int(one["HostPort"] or 0), one["HostIp"])
        for target, found in bindings.items()
        for one in found
    )
    return ContainerFact(
        cid=hashlib.sha256(f"{body.project}/{spec.name}/{spec.config_hash}".encode()).hexdigest(),
        name=spec.name,
        image=spec.image,
        image_id="sha256:" + hashlib.sha256(spec.image.encode()).hexdigest(),
        state="running",
        labels=spec.create["Labels"],
        ports=ports,
        started=datetime.now(UTC),
    )


def many(count: int, **changes: Any) -> list[SimAgent]:
    """Agents with engine ids of their own."""
    return [
        SimAgent(facts=replace_facts(linux_facts(hostname=f"sim-{number}", engine_id=f"SIM:{number}"), **changes))
        for number in itertools.islice(itertools.count(1), count)
    ]


def replace_facts(facts: HostFacts, **changes: Any) -> HostFacts:
    """The same facts with some of them changed."""
    return msgspec.structs.replace(facts, **changes)
