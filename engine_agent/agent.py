"""The running agent: mirror, desk and link put together."""

import asyncio
import logging
import os
import secrets
import sys
import time
from pathlib import Path

import msgspec

from . import VERSION
from .engine import Engine
from .engine.transport import connector_of
from .journal import Journal
from .keyring import Keyring
from .link import Link
from .mirror import Mirror
from .os_host import free_bytes
from .outbox import Outbox
from .policy import Guard, PolicyFile
from .portal_http import Portal, PortalClient, portal_at
from .protocol.facts import DISK_FULL_BYTES, HostFacts
from .protocol.messages import (
    Answer,
    CommandCancel,
    CommandFinished,
    CommandSend,
    Facts,
    FromAgent,
    Query,
    ResultAck,
    SnapshotRequest,
    StreamOpen,
    Welcome,
)
from .session import Delivered, Identity
from .state import Enrolled, StateDir, Status
from .streams import Streams
from .update.order import Updater, fetcher_of
from .update.trial import confirm
from .work.carry import carrier
from .work.contexts import fetcher
from .work.desk import Desk
from .work.queries import answered

log = logging.getLogger("engine_agent")

QUERIES_AT_ONCE = 8


class Agent:
    """One agent of one host. Opens nothing until `run`."""

    def __init__(self, state: StateDir, enrolled: Enrolled, key: bytes, *, policy: PolicyFile | None = None) -> None:
        self._state = state
        self._enrolled = enrolled
        self.portal: Portal = portal_at(enrolled.portal, ca=_ca(state, enrolled))
        self.engine = Engine(enrolled.engine)
        self.guard = Guard(policy or PolicyFile(), self.engine, guarded=(state.path, Path(sys.prefix)))
        self.mirror = Mirror(
            self.engine,
            changed=self._state_changed,
            facts_changed=self._facts_changed,
            policy=lambda: self.guard.policy.fact,
            disk_full=lambda: free_bytes(str(state.path)) < DISK_FULL_BYTES,
        )
        self._keyring = Keyring(state, key)
        fetch = fetcher(PortalClient(self.portal), self._signer, state.spool, self._portal_time)
        self._leaving = asyncio.Event()
        updater = Updater(state, fetcher_of(PortalClient(self.portal)), self._package_key, self._leaving.set)
        self._desk = Desk(
            Journal(state.journal),
            self.guard.watching(updater.watching(carrier(self.engine, fetch, self._keyring))),
            self._post,
            self._acknowledged,
        )
        self._streams = Streams(self.portal, self._signer, connector_of(enrolled.engine), self.guard)
        identity = Identity(key, enrolled.portal, secrets.token_hex(8))
        self._link = Link(self.portal, identity, self, keyring=self._keyring)
        self._outbox: Outbox | None = None
        self._clock_ahead = 0.0  # seconds by which the portal's clock is ahead of ours
        self._queries: set[asyncio.Task[None]] = set()
        self._since = time.time()
        self._link_state = ("connecting", "")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, or until a new version of the agent is to be tried. Commands that run then are
        carried on by the next start."""
        tasks = [asyncio.create_task(work) for work in (self.mirror.run(), self._desk.run(), self._link.run())]
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(self._leaving.wait())]
        try:
            done, _ = await asyncio.wait([*tasks, *ends], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, *self._queries, *ends):
                task.cancel()
            await asyncio.gather(*tasks, *self._queries, *ends, return_exceptions=True)
            await self._streams.close()
        for task in done - set(ends):
            task.result()

    # What the link asks of us (link.Owner)

    def outbox(self, welcome: Welcome) -> Outbox:
        """A new connection: facts, everything the engine holds, and what the portal may have missed."""
        self._clock_ahead = welcome.server_time.timestamp() - time.time()
        self._pin_package_key(welcome)
        confirm(self._state)
        box = Outbox(self.mirror.book.draw)
        if self.mirror.facts is not None:
            box.put(Facts(self.mirror.facts))
        self.mirror.book.want_snapshot()
        box.state_changed()
        for message in self._desk.backlog():
            box.put(message, alone=True)
        self._outbox = box
        return box

    def deliver(self, message: Delivered) -> None:
        """A message of the portal."""
        match message:
            case CommandSend() | CommandCancel() | ResultAck():
                self._desk.take(message)
            case SnapshotRequest():
                self.mirror.book.want_snapshot()
                self._state_changed()
            case Query():
                self._ask(message)
            case StreamOpen():
                self._streams.open(message)

    def link_changed(self, link: str, reason: str) -> None:
        """The link came up or went down."""
        if link != "connected":
            self._outbox = None
        if (link, reason) != self._link_state:
            self._link_state = (link, reason)
            self._since = time.time()
        self._save_status()

    def sequence(self) -> int:
        """Of the last state message sent."""
        return self.mirror.book.sequence

    def engine_id(self) -> str:
        """The engine's own id, "" while unknown."""
        return self.mirror.facts.engine_id if self.mirror.facts else ""

    def _pin_package_key(self, welcome: Welcome) -> None:
        """Learn the portal's package key once; another one later changes nothing."""
        if welcome.package_key and not self._enrolled.package_key:
            self._enrolled = msgspec.structs.replace(self._enrolled, package_key=welcome.package_key.hex())
            self._state.save_enrolled(self._enrolled)

    def _package_key(self) -> bytes:
        return bytes.fromhex(self._enrolled.package_key)

    # What our parts tell us

    def _signer(self) -> bytes:
        return self._keyring.current

    def _portal_time(self) -> float:
        """By the portal's clock, which judges our signatures; ours may be wrong."""
        return time.time() + self._clock_ahead

    def _acknowledged(self, finished: CommandFinished) -> None:
        if self._keyring.told(finished.result):
            self._link.reconnect("the new key is tried")

    def _state_changed(self) -> None:
        if self._outbox is not None:
            self._outbox.state_changed()

    def _facts_changed(self, facts: HostFacts) -> None:
        self._post(Facts(facts))
        self._save_status()

    def _post(self, message: FromAgent, alone: bool = False) -> None:
        if self._outbox is not None:
            self._outbox.put(message, alone=alone)

    def _ask(self, query: Query) -> None:
        if len(self._queries) >= QUERIES_AT_ONCE:
            self._post(Answer(query.id, error="The agent answers other questions now. Try again", code="busy"))
            return
        task = asyncio.create_task(self._answer(query))
        self._queries.add(task)
        task.add_done_callback(self._queries.discard)

    async def _answer(self, query: Query) -> None:
        try:
            answer = self.guard.answer(query) or await answered(self.engine, query)
        except Exception as error:
            log.exception("a query could not be answered")
            answer = Answer(query.id, error=f"The agent made a mistake: {error!r}", code="agent-fault")
        self._post(answer)

    def _save_status(self) -> None:
        link, reason = self._link_state
        facts = self.mirror.facts
        self._state.save_status(
            Status(
                pid=os.getpid(),
                version=VERSION,
                portal=self._enrolled.portal,
                link=link,
                since=self._since,
                reason=reason,
                engine=f"Docker Engine {facts.engine_version}" if facts and facts.engine_version else "",
                engine_error=facts.engine_error if facts else "",
                commands_open=self._desk.open,
            )
        )


def _ca(state: StateDir, enrolled: Enrolled) -> Path | None:
    return state.ca if enrolled.pinned else None
