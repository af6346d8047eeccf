"""The agent's control socket: proof of identity, then reports in and commands out. It only translates.

Close codes: 4400 malformed or out of order, 4401 refused, 4403 revoked, 4408 silent, 4409 another connection took over.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils import timezone

from engine_agent.protocol import PROTOCOL_MAX, PROTOCOL_MIN, SUBPROTOCOL, Malformed, decode_from_agent, encode
from engine_agent.protocol import messages as wire
from engine_agent.protocol.codec import MAX_MESSAGE
from hosts import dispatch, live
from hosts.agent_package.signing import package_public
from hosts.answers import answers
from hosts.consumers.admission import admission
from hosts.consumers.presence import presence
from hosts.consumers.proof import OVERLOADED, hello_check, link_taken
from hosts.consumers.snapshots import OutOfBounds, Sequence
from hosts.consumers.threads import in_database
from hosts.models.hosts import HEARTBEAT
from hosts.services import commands, links, progress, reports
from hosts.wakes import loop_use, near_add, near_remove
from portal import VERSION

log = logging.getLogger(__name__)

NODE = secrets.token_hex(4)  # this portal process, in the names of the links it holds
HELLO_WITHIN = 10.0
MAX_QUERIES = 64
SKEW_STEP = 5.0  # seconds by which the skew of a clock must change to be written down

MALFORMED, REFUSED, REVOKED, SILENT, TAKEN_OVER, FAULT, GOING_AWAY = 4400, 4401, 4403, 4408, 4409, 1011, 1012


class AgentConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One connection of one agent."""

    async def connect(self) -> None:
        loop_use()
        self.link = ""
        self.host_id: UUID | None = None
        self.name = ""
        self.nonce = secrets.token_bytes(32)
        self.mirror = Sequence()
        self.queries: dict[str, None] = {}
        self.cancelled: set[str] = set()
        self.sending = asyncio.Lock()
        self.heard_at = self.beat_at = asyncio.get_running_loop().time()
        self.closing = False
        self.waiting = ""  # why nothing is asked of the host yet
        self.skew = 0.0
        self.features: tuple[str, ...] = ()
        self.by_loopback = False
        client = self.scope.get("client")
        self.address: str | None = client[0] if client else None
        if SUBPROTOCOL not in self.scope.get("subprotocols", ()):
            await self.close(code=MALFORMED)
            return
        await self.accept(subprotocol=SUBPROTOCOL)
        await self._say(wire.Challenge(self.nonce, VERSION, PROTOCOL_MIN, PROTOCOL_MAX))
        self.deadline: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(
            HELLO_WITHIN, lambda: asyncio.ensure_future(self._end(SILENT))
        )

    async def disconnect(self, code: int) -> None:
        self._undo_deadline()
        await self._let_go()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One frame. Whatever is wrong with it ends this connection and no other."""
        if self.closing:
            return
        self.heard_at = asyncio.get_running_loop().time()
        try:
            if bytes_data is None:
                raise Malformed("a text frame")
            message = decode_from_agent(bytes_data)
            if self.host_id is None:
                await self._hello(message)
            else:
                await self._handle(message)
        except (Malformed, OutOfBounds) as error:
            log.warning("agent %s at %s sent a malformed frame: %s", self.name or "?", self.address, error)
            await self._end(MALFORMED)
        except links.LinkLost:
            await self._end(TAKEN_OVER)
        except Exception:
            log.exception("report of agent %s at %s", self.name or "?", self.address)
            await self._end(FAULT)

    # -- who it is

    async def _hello(self, message: wire.FromAgent) -> None:
        if not isinstance(message, wire.Hello):
            raise Malformed("the first message must be hello")
        self._undo_deadline()
        try:
            hello_check(message, self.nonce)
            link = f"{message.boot}@{NODE}.{secrets.token_hex(4)}"
            opened = await link_taken(message, visitor=self, link=link, address=self.address)
        except links.LinkRefused as refused:
            if refused.code != OVERLOADED:
                await in_database(
                    links.refusal_record, refused=refused, public_key=message.public_key[:32], address=self.address
                )
            await self._say(wire.Refused(refused.code, refused.detail, refused.retry_after))
            if refused.host is not None and refused.code == "conflict":
                await live.publish_now(["hosts", f"host:{refused.host.pk}"])
            await self._end(REFUSED)
            return
        self.link, self.host_id, self.name, self.waiting = link, opened.host_id, opened.name, opened.waiting
        self.features, self.by_loopback = message.features, message.origin.startswith("http://")
        group = dispatch.group_of(opened.host_id)
        if opened.replaced:
            await self.channel_layer.group_send(group, {"type": dispatch.REPLACED, "link": self.link})
        await self.channel_layer.group_add(group, self.channel_name)
        beat, now = HEARTBEAT.total_seconds(), timezone.now()
        key = package_public() if "update" in self.features else b""
        packs = "pack" in self.features
        await self._say(wire.Welcome(str(opened.host_id), beat, MAX_MESSAGE, now, opened.waiting, key, packs))
        presence().add(self)
        near_add(opened.host_id, self.woken)
        await self.wake(everything=True)
        await live.publish_now(opened.topics)

    # -- what it tells

    async def _handle(self, message: wire.FromAgent) -> None:
        assert self.host_id is not None  # noqa: S101 - for the type checker; receive() sees to it
        now, host_id, link = timezone.now(), self.host_id, self.link
        match message:
            case wire.Heartbeat():
                await self._clock(message.clock, now.timestamp())
                if not self.mirror.heartbeat(message.sequence) and self.mirror.number:
                    await self._say(wire.SnapshotRequest())
            case wire.Facts():
                await self._store(reports.facts_store, host_id=host_id, link=link, facts=message.facts, now=now)
            case wire.Snapshot():
                whole = self.mirror.snapshot(message)
                if whole is not None and not self.waiting:
                    await self._store(reports.snapshot_store, host_id=host_id, link=link, snapshot=whole, now=now)
                admission().leave(self)
            case wire.Delta():
                if self.mirror.delta(message):
                    if self.waiting:  # who has not been let in tells us nothing
                        return
                    await self._store(reports.delta_store, host_id=host_id, link=link, delta=message, now=now)
                else:
                    await self._say(wire.SnapshotRequest())
            case wire.CommandAccepted():
                await self._store(progress.command_accepted, host_id=host_id, command_id=message.id, now=now)
            case wire.CommandProgress():
                await self._store(progress.command_progress, host_id=host_id, progress=message, now=now)
            case wire.CommandFinished():
                await self._store(progress.command_finished, host_id=host_id, finished=message, now=now)
                await self._say(wire.ResultAck(message.id))
            case wire.Answer():
                if message.id in self.queries:  # only what we asked; nobody fills Redis with what nobody waits for
                    del self.queries[message.id]
                    await answers().put(message.id, encode(message))
            case _:
                raise Malformed("hello comes once")

    async def _clock(self, theirs: float, now: float) -> None:
        """Note by how much the host's clock is wrong. All times that we keep are our own."""
        skew = theirs - now if theirs else 0.0
        if theirs and abs(skew - self.skew) >= SKEW_STEP and abs(skew) < 1e9:
            self.skew = skew
            await self._store(links.skew_store, host_id=self.host_id, link=self.link, seconds=skew)

    async def _store(self, work: Callable[..., Iterable[str]], **kwargs: Any) -> None:
        await live.publish_now(await in_database(work, **kwargs))

    # -- what it is told

    async def wake(self, everything: bool = False) -> None:
        """Send what is due to this host, in order. everything: also what was sent on an earlier connection."""
        if self.host_id is None or self.closing or self.waiting:
            return
        async with self.sending:
            wanted: dict[str, Any] = {"host_id": self.host_id, "everything": everything, "features": self.features}
            for message in await in_database(commands.commands_due, **wanted):
                if isinstance(message, wire.CommandCancel):
                    if message.id in self.cancelled:
                        continue
                    self.cancelled.add(message.id)
                await self._say(message)

    async def agent_wake(self, event: dict[str, Any]) -> None:
        await self.woken()

    async def woken(self) -> None:
        """Send what is due; what goes wrong ends this connection and nobody else's."""
        try:
            await self.wake()
        except Exception:
            log.exception("sending commands to %s", self.name)
            await self._end(FAULT)

    async def agent_query(self, event: dict[str, Any]) -> None:
        if event.get("needs", "") not in ("", *self.features):  # an unknown message would end its connection
            refusal = wire.Answer(event["id"], error=dispatch.TOO_OLD, code=dispatch.AGENT_TOO_OLD)
            await answers().put(event["id"], encode(refusal))
            return
        while len(self.queries) >= MAX_QUERIES:  # the oldest has long timed out
            del self.queries[next(iter(self.queries))]
        self.queries[event["id"]] = None
        if not self.closing:
            await self.send(bytes_data=event["frame"])

    async def agent_stream(self, event: dict[str, Any]) -> None:
        """A stream listener wants the agent to dial back (hosts.gateway). Plain http is loopback, and nothing else."""
        if "streams" not in self.features:
            log.warning("the agent of %s is too old for streams; update it", self.name)
            return
        here = self.by_loopback and event["machine"] == dispatch.machine()
        address = event["local"] if here else event["public"]
        await self._say(wire.StreamOpen(event["id"], event["token"], address))

    async def agent_shut_out(self, event: dict[str, Any]) -> None:
        await self._say(wire.Refused("revoked", "This host has been revoked in the portal. Enrol the machine again."))
        await self._end(REVOKED)

    async def agent_admit(self, event: dict[str, Any]) -> None:
        """An admin has approved the host: it connects anew, and is one like any other."""
        await self.drain(0.5)

    async def agent_replaced(self, event: dict[str, Any]) -> None:
        if event["link"] != self.link:
            await self._end(TAKEN_OVER)

    # -- what the watcher needs

    @property
    def in_step(self) -> bool:
        """Whether the mirror of this host is true as of the last word of its agent."""
        return self.mirror.in_step

    async def beat(self) -> None:
        self.beat_at = asyncio.get_running_loop().time()
        await self._say(wire.Heartbeat(self.mirror.number))

    async def drain(self, within: float) -> None:
        """This node goes away: the agent comes back after a random moment within so many seconds."""
        await self._say(wire.Drain(within))
        await self._end(GOING_AWAY)

    async def silent(self) -> None:
        log.warning("agent %s at %s has gone silent", self.name, self.address)
        await self._end(SILENT)

    # -- ends

    async def _say(self, message: wire.FromPortal) -> None:
        if not self.closing:
            await self.send(bytes_data=encode(message))

    async def _end(self, code: int) -> None:
        """Give everything back at once, then close: a half-open connection may take its time to tell."""
        if self.closing:
            return
        self.closing = True
        await self._let_go()
        await self.close(code=code)

    async def _let_go(self) -> None:
        admission().leave(self)
        link, host_id = self.link, self.host_id
        self.link = ""
        if not link or host_id is None:
            return
        presence().remove(link)
        near_remove(host_id, self.woken)
        await self.channel_layer.group_discard(dispatch.group_of(host_id), self.channel_name)
        topics: Awaitable[Iterable[str]] = in_database(links.link_close, host_id=host_id, link=link)
        await live.publish_now(await topics)

    def _undo_deadline(self) -> None:
        deadline = getattr(self, "deadline", None)
        if deadline is not None:
            deadline.cancel()
