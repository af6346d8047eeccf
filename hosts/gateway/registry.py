"""The lines of a node: asked for, waiting for their agent, ready, in use.

A command of a person must not wait for an agent to dial. So for each host that was used lately a few lines are kept
ready: fresh ones that the agent dialled ahead, and used ones whose last HTTP exchange left the engine's connection in
order. The first command after a long quiet costs one round trip to the agent.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from engine_agent.protocol.identity import stream_bytes, verify
from engine_agent.protocol.streams import StreamRequest
from portal.problems import Unavailable

from .line import AgentLine

log = logging.getLogger(__name__)

READY = 3  # fresh lines kept for a host in use: what one `docker run` opens
KEPT = 16  # used lines kept for a host
USED_SECONDS = 600.0  # a host counts as in use for this long after a stream was opened
TOKEN_SECONDS = 15.0
ARRIVE_SECONDS = 10.0
REFILL_AFTER = 0.25  # not while the command that took a line is busy
PER_HOST = 512
TIDY_SECONDS = 30.0


@dataclass(frozen=True)
class HostKey:
    """What the registry must know of a host. public_key: 32 bytes, that its agent proves."""

    name: str
    public_key: bytes


class Fleet(Protocol):
    """The way to the hosts."""

    async def look(self, host_id: UUID) -> HostKey:
        """The host, if it is connected now. Raises HostAway, NotFound."""

    async def ask(self, host_id: UUID, *, stream_id: str, token: str) -> None:
        """Have the agent of the host dial back to this node."""


@dataclass
class Asked:
    """One dial that was asked for. Its token is good once, until `ends` on the loop's clock."""

    host_id: UUID
    digest: bytes
    public_key: bytes
    ends: float


@dataclass
class Hold:
    """The lines of one host. `coming`: dials asked for and not arrived."""

    fresh: "deque[AgentLine]" = field(default_factory=deque)
    used: "deque[AgentLine]" = field(default_factory=deque)
    waiting: "deque[asyncio.Future[AgentLine]]" = field(default_factory=deque)
    busy: "set[AgentLine]" = field(default_factory=set)
    coming: int = 0
    taken_at: float = 0.0
    refill: asyncio.TimerHandle | None = None


class Registry:
    """Lines by host. Belongs to one event loop."""

    def __init__(self, fleet: Fleet, *, ready: int = READY) -> None:
        self._fleet = fleet
        self._ready = ready
        self._asked: dict[str, Asked] = {}
        self._holds: dict[UUID, Hold] = {}
        self._work: set[asyncio.Task[None]] = set()
        self._closed = False

    # -- for who wants a stream

    async def open(self, host_id: UUID, request: StreamRequest) -> AgentLine:
        """A line of the host with a connection of its own, joined. Raises HostAway, NotFound, Unavailable."""
        line = await self._fresh(host_id)
        await line.begin(request)
        return line

    async def take(self, host_id: UUID, request: StreamRequest) -> AgentLine:
        """Like `open`, but for HTTP: perhaps one that others have used and left in order (`give_back`)."""
        hold = self._hold(host_id)
        while hold.used:
            line = hold.used.pop()
            await line.unwatch()
            if line.open:
                hold.taken_at = self._now()
                hold.busy.add(line)
                line.uses += 1
                return line
        return await self.open(host_id, request)

    def give_back(self, host_id: UUID, line: AgentLine) -> None:
        """The last exchange on it is complete: others may use it."""
        hold = self._hold(host_id)
        hold.busy.discard(line)
        if self._closed or not line.open or len(hold.used) >= KEPT:
            self._spawn(line.close())
            return
        line.watch(lambda gone: self._lost(host_id, gone))
        hold.used.append(line)

    def drop(self, host_id: UUID, line: AgentLine) -> None:
        """The last exchange on it did not end in order: nobody uses it again."""
        self._hold(host_id).busy.discard(line)
        self._spawn(line.close())

    def cut(self, host_id: UUID) -> int:
        """The host was revoked or is gone: end every line of it at once. Returns how many there were."""
        self._asked = {key: asked for key, asked in self._asked.items() if asked.host_id != host_id}
        hold = self._holds.pop(host_id, None)
        if hold is None:
            return 0
        if hold.refill is not None:
            hold.refill.cancel()
        for future in hold.waiting:
            if not future.done():
                future.set_exception(Unavailable("The host is gone."))
        lines = [*hold.fresh, *hold.used, *hold.busy]
        for line in lines:
            line.cut()
        return len(lines)

    def hosts(self) -> list[UUID]:
        """Hosts that have lines or are about to."""
        return [host_id for host_id, hold in self._holds.items() if hold.fresh or hold.used or hold.busy or hold.coming]

    def standing(self, host_id: UUID) -> int:
        """How many lines of the host are open, in use or kept."""
        hold = self._holds.get(host_id)
        return 0 if hold is None else len(hold.fresh) + len(hold.used) + len(hold.busy)

    # -- for the listener

    def admit(self, stream_id: str, token: str, signature: bytes) -> UUID | None:
        """Whether a line that arrives was asked for; spends the token. The host it belongs to, or None."""
        asked = self._asked.get(stream_id)
        if asked is None or not hmac.compare_digest(asked.digest, _digest(token)):
            return None
        del self._asked[stream_id]
        if asked.host_id in self._holds:
            self._holds[asked.host_id].coming -= 1
        if asked.ends < self._now() or not verify(asked.public_key, stream_bytes(stream_id, token), signature):
            return None
        return asked.host_id

    def arrived(self, host_id: UUID, line: AgentLine) -> None:
        """An admitted line is open: to who waits for one, else it is kept ready."""
        hold = self._hold(host_id)
        while hold.waiting:
            future = hold.waiting.popleft()
            if not future.done():
                hold.busy.add(line)
                future.set_result(line)
                return
        hold.fresh.append(line)

    def left(self, host_id: UUID, line: AgentLine) -> None:
        """The websocket of a line is closed."""
        hold = self._holds.get(host_id)
        if hold is None:
            return
        hold.busy.discard(line)
        for lines in (hold.fresh, hold.used):
            if line in lines:
                lines.remove(line)

    # -- within

    async def _fresh(self, host_id: UUID) -> AgentLine:
        hold = self._hold(host_id)
        hold.taken_at = self._now()
        while hold.fresh:
            line = hold.fresh.popleft()
            if line.open:
                hold.busy.add(line)
                self._refill_soon(host_id, hold)
                return line
        if len(hold.busy) + len(hold.waiting) >= PER_HOST:
            raise Unavailable(f"{PER_HOST} streams to this host are open. Close some and try again.", code="too-many")
        host = await self._fleet.look(host_id)
        future: asyncio.Future[AgentLine] = asyncio.get_running_loop().create_future()
        hold.waiting.append(future)
        if hold.coming < len(hold.waiting):
            await self._ask(host_id, hold, host)
        self._refill_soon(host_id, hold)
        try:
            async with asyncio.timeout(ARRIVE_SECONDS):
                return await future
        except TimeoutError as error:
            raise Unavailable(
                f"The agent on {host.name} did not dial back within {ARRIVE_SECONDS:g} seconds. Can it reach the "
                "portal's stream address (PIERHEAD_STREAMS_URL)? The agent's log on the host says more.",
                code="host-silent",
            ) from error
        finally:
            if future in hold.waiting:
                hold.waiting.remove(future)

    async def _ask(self, host_id: UUID, hold: Hold, host: HostKey) -> None:
        stream_id, token = secrets.token_urlsafe(12), secrets.token_urlsafe(32)
        self._asked[stream_id] = Asked(host_id, _digest(token), host.public_key, self._now() + TOKEN_SECONDS)
        hold.coming += 1
        asyncio.get_running_loop().call_later(TOKEN_SECONDS, self._expire, stream_id)
        await self._fleet.ask(host_id, stream_id=stream_id, token=token)

    def _expire(self, stream_id: str) -> None:
        asked = self._asked.pop(stream_id, None)
        if asked is not None and asked.host_id in self._holds:
            self._holds[asked.host_id].coming -= 1

    def _refill_soon(self, host_id: UUID, hold: Hold) -> None:
        if hold.refill is None and not self._closed:
            loop = asyncio.get_running_loop()
            hold.refill = loop.call_later(REFILL_AFTER, lambda: self._spawn(self._refill(host_id, hold)))

    async def _refill(self, host_id: UUID, hold: Hold) -> None:
        hold.refill = None
        if self._closed or self._holds.get(host_id) is not hold:
            return
        wanted = self._ready - len(hold.fresh) - len(hold.used) - (hold.coming - len(hold.waiting))
        if wanted <= 0:
            return
        try:
            host = await self._fleet.look(host_id)
            for _ in range(wanted):
                await self._ask(host_id, hold, host)
        except Exception as error:  # the next command asks again, and tells a person what is wrong
            log.info("no lines kept ready for %s: %s", host_id, error)

    def _lost(self, host_id: UUID, line: AgentLine) -> None:
        self.left(host_id, line)
        self._spawn(line.close())

    def tidy(self) -> None:
        """Let go of what is kept ready for hosts that nobody has used for a while."""
        for host_id, hold in list(self._holds.items()):
            if self._now() - hold.taken_at < USED_SECONDS:
                continue
            for line in (*hold.fresh, *hold.used):
                self._spawn(line.close())
            hold.fresh.clear()
            hold.used.clear()
            if not hold.busy and not hold.waiting and not hold.coming:
                del self._holds[host_id]

    async def close(self) -> None:
        """Cut everything."""
        self._closed = True
        for host_id in list(self._holds):
            self.cut(host_id)
        for task in list(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def _hold(self, host_id: UUID) -> Hold:
        return self._holds.setdefault(host_id, Hold())

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
