"""Every agent connection of this process, watched by one task: heartbeats, silence, and what is written of both.

One task for all instead of one each keeps an idle connection small, and one UPDATE for all keeps the database quiet.
"""

import asyncio
import logging
import weakref
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from django.utils import timezone

from hosts.consumers.threads import in_database
from hosts.models.hosts import HEARTBEAT
from hosts.services.commands import commands_expire, commands_waiting
from hosts.services.links import links_seen

log = logging.getLogger(__name__)

TICK = 1.0
WRITE_EVERY = 5.0
LOST_WAKE = timedelta(seconds=4)
SILENT_AFTER = 13.0  # seconds; with a look every second a half-open line is noticed within 15


class Watched(Protocol):
    """What the watcher needs of a connection. heard_at, beat_at: loop times. in_step: its mirror has no gap."""

    link: str
    host_id: UUID | None
    heard_at: float
    beat_at: float
    in_step: bool

    async def beat(self) -> None: ...
    async def silent(self) -> None: ...
    async def wake(self) -> None: ...


class Presence:
    """The connections of one event loop."""

    def __init__(self) -> None:
        self._watched: dict[str, Watched] = {}
        self._task: asyncio.Task[None] | None = None
        self._written_at = 0.0

    def add(self, connection: Watched) -> None:
        """Watch a connection; the task runs while there is one."""
        self._watched[connection.link] = connection
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="agents-presence")

    def remove(self, link: str) -> None:
        self._watched.pop(link, None)

    def connections(self) -> list[Watched]:
        """Every connection that is watched now."""
        return list(self._watched.values())

    def __len__(self) -> int:
        return len(self._watched)

    async def _run(self) -> None:
        while self._watched:
            await asyncio.sleep(TICK)
            try:
                await self.tick(asyncio.get_running_loop().time())
            except Exception:
                log.exception("watching the agents' connections")

    async def tick(self, now: float) -> None:
        """Heartbeats to whom one is due, an end to whom nobody has heard, and the database once in a while."""
        for connection in list(self._watched.values()):
            if now - connection.heard_at > SILENT_AFTER:
                await connection.silent()
            elif now - connection.beat_at >= HEARTBEAT.total_seconds():
                await connection.beat()
        if now - self._written_at >= WRITE_EVERY:
            await self._write(now)

    async def _write(self, now: float) -> None:
        since, self._written_at = self._written_at, now
        heard = [one for one in self._watched.values() if one.heard_at >= since]
        in_step = [one.link for one in heard if one.in_step]
        await in_database(links_seen, heard=[one.link for one in heard], in_step=in_step, now=timezone.now())
        await in_database(commands_expire)
        hosts = {one.host_id: one for one in self._watched.values() if one.host_id is not None}
        for host_id in await in_database(commands_waiting, host_ids=list(hosts), older_than=LOST_WAKE):
            await hosts[host_id].wake()


_of_loop: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Presence]" = weakref.WeakKeyDictionary()


def presence() -> Presence:
    """The one of the running event loop."""
    return _of_loop.setdefault(asyncio.get_running_loop(), Presence())
