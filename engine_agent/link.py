"""The link to the portal: dials, greets, sends what the outbox holds, delivers what comes, and dials again."""

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from . import VERSION
from .backoff import Backoff
from .keyring import Keyring
from .outbox import Outbox
from .portal_http import Portal
from .problems import AgentProblem
from .protocol import SUBPROTOCOL, encode
from .protocol.codec import MAX_MESSAGE, packed
from .protocol.messages import Welcome
from .session import Deliver, Delivered, End, Identity, Send, Session, Welcomed

log = logging.getLogger("engine_agent.link")

DIAL_SECONDS = 15.0
SEND_SECONDS = 15.0
STEADY_SECONDS = 10.0


class Owner(Protocol):
    """Who the link works for."""

    def outbox(self, welcome: Welcome) -> Outbox:
        """A connection is up: an outbox that already holds what the portal must hear first."""

    def deliver(self, message: Delivered) -> None:
        """The portal wants this. Must not block."""

    def link_changed(self, link: str, reason: str) -> None:
        """connecting, connected, refused or waiting, and why."""

    def sequence(self) -> int:
        """Of the last state message sent."""

    def engine_id(self) -> str:
        """The engine's own id, "" while unknown."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a connection ended. within: the portal's hint; lasted: seconds since the welcome, 0 without one."""

    end: End
    lasted: float


class Link:
    """One agent's connection to its portal, kept up for ever. keyring: knows the key of each connection, when there
    may be another one than that of `identity`."""

    def __init__(
        self,
        portal: Portal,
        identity: Identity,
        owner: Owner,
        *,
        backoff: Backoff | None = None,
        keyring: Keyring | None = None,
    ) -> None:
        self._portal = portal
        self._identity = identity
        self._owner = owner
        self._backoff = backoff or Backoff()
        self._keyring = keyring
        self._talk: _Talk | None = None

    def reconnect(self, why: str) -> None:
        """End the connection there is, and dial again at once."""
        if self._talk is not None:
            self._talk.end(End(why, "again", 0.0))

    async def run(self) -> None:
        """Connect, and connect again whenever it ends, until cancelled."""
        while True:
            self._owner.link_changed("connecting", "")
            try:
                ended = await self._once()
            except Exception as error:
                log.exception("the link stumbled and starts again")
                ended = Ended(End(f"the agent made a mistake: {error!r}", "agent-fault"), 0.0)
            if ended.lasted >= STEADY_SECONDS:
                self._backoff.reset()
            hint = ended.end.within
            wait = self._backoff.next() if hint is None else self._hinted(ended.end, hint)
            refused = ended.end.code not in {"again", "drain", "lost", "overloaded", "silent", "unreachable"}
            log.warning("no link to %s: %s; next attempt in %.1f s", self._portal.origin, ended.end.reason, wait)
            self._owner.link_changed("refused" if refused else "waiting", ended.end.reason)
            await asyncio.sleep(wait)

    def _hinted(self, end: End, hint: float) -> float:
        """A drain spreads everybody over the hint; a refusal waits it out, with a tenth of jitter on top."""
        if end.code == "drain":
            return self._backoff.within(hint)
        return hint + self._backoff.within(hint / 10) + self._backoff.within(0.5)

    async def _once(self) -> Ended:
        loop = asyncio.get_running_loop()
        try:
            connection = await self._dial()
        except AgentProblem as error:
            return Ended(End(f"{error.what}. {error.remedy}", "refused", 60.0), 0.0)
        except (OSError, WebSocketException, TimeoutError, EOFError) as error:
            return Ended(End(_dial_words(error), "unreachable"), 0.0)
        identity = self._identity
        if self._keyring is not None:
            identity = replace(identity, key=self._keyring.dialling())
        session = Session(identity, loop.time(), engine_id=self._owner.engine_id())
        talk = self._talk = _Talk(connection, session, self._owner, lambda: self._proven(identity.key))
        try:
            end = await talk.run()
        finally:
            self._talk = None
            await _close(connection)
        if self._keyring is not None and not talk.welcomed_at and self._keyring.refused(identity.key, end.code):
            end = replace(end, within=1.0)
        return Ended(end, loop.time() - talk.welcomed_at if talk.welcomed_at else 0.0)

    def _proven(self, key: bytes) -> None:
        if self._keyring is not None:
            self._keyring.proven(key)

    async def _dial(self) -> ClientConnection:
        return await connect(
            self._portal.websocket,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            user_agent_header=f"pierhead-agent/{VERSION}",
            proxy=self._portal.proxy(),
            open_timeout=DIAL_SECONDS,
            ping_interval=None,
            close_timeout=2,
            max_size=MAX_MESSAGE,
            max_queue=4,
            write_limit=64 * 1024,
            ssl=self._portal.tls_context(),
        )


class _Talk:
    """One open connection: a reader, a writer and a clock around a session."""

    def __init__(
        self, connection: ClientConnection, session: Session, owner: Owner, proven: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._session = session
        self._owner = owner
        self._proven = proven
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._writer: asyncio.Task[None] | None = None
        self._outbox: Outbox | None = None
        self._rewind = asyncio.Event()  # the session's deadline moved
        self.welcomed_at = 0.0
        self._encode: Callable[[object], bytes] = encode

    async def run(self) -> End:
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._clock())]
        try:
            return await self._end
        finally:
            if self._writer is not None:
                tasks.append(self._writer)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            async for frame in self._connection:
                for action in self._session.received(frame, clock()):
                    await self._act(action)
            self._finish(_closed(self._connection))
        except (WebSocketException, OSError):
            self._finish(_closed(self._connection))
        except Exception as error:
            log.exception("a message of the portal could not be handled")
            self._finish(End(f"a message could not be handled: {error}", "malformed"))

    async def _clock(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.05, self._session.deadline() - clock())):
                    await self._rewind.wait()
                    self._rewind.clear()
            for action in self._session.tick(clock(), self._owner.sequence(), time.time()):
                await self._act(action)

    async def _act(self, action: Send | Deliver | Welcomed | End) -> None:
        match action:
            case Send(message) if self._outbox is not None:
                self._outbox.put(message)
            case Send(message):
                await self._send(encode(message))
            case Deliver(message):
                self._owner.deliver(message)
            case Welcomed(welcome):
                self.welcomed_at = asyncio.get_running_loop().time()
                self._proven()
                self._encode = packed if welcome.packs else encode
                self._outbox = self._owner.outbox(welcome)
                self._writer = asyncio.create_task(self._write(self._outbox))
                self._owner.link_changed("connected", welcome.waiting)
                self._rewind.set()
            case End():
                self._finish(action)

    async def _write(self, outbox: Outbox) -> None:
        while not self._end.done():
            message = await outbox.get()
            await self._send(self._encode(message))

    async def _send(self, frame: bytes) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._connection.send(frame)
        except TimeoutError:
            self._finish(End(f"the portal took no data for {SEND_SECONDS:g} s", "silent"))
        except (WebSocketException, OSError):
            self._finish(_closed(self._connection))

    def end(self, end: End) -> None:
        """Leave off, for a reason of our own."""
        self._finish(end)

    def _finish(self, end: End) -> None:
        if not self._end.done():
            self._end.set_result(end)


def _closed(connection: ClientConnection) -> End:
    code, reason = connection.close_code, connection.close_reason
    if reason:
        return End(f"the portal closed the connection: {reason}", "lost")
    return End(f"the connection was lost ({code})" if code else "the connection was lost", "lost")


def _dial_words(error: BaseException) -> str:
    match error:
        case TimeoutError():
            return f"no answer within {DIAL_SECONDS:g} s"
        case ssl.SSLCertVerificationError(verify_message=message):
            return f"the portal's certificate is not trusted: {message}"
        case InvalidStatus(response=response):
            return (
                f"the portal answered {response.status_code} to the websocket; a proxy may not let websockets through"
            )
        case InvalidHandshake():
            return f"the portal did not open a websocket: {error}"
        case OSError(strerror=text) if text:
            return text
    return str(error) or type(error).__name__


async def _close(connection: ClientConnection) -> None:
    """Say good-bye; a line that does not answer is dropped."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(3):
            await connection.close()
    connection.transport.abort()
