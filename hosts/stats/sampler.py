"""Asks one host's engine for figures while somebody looks, once for all who look at the same things."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.cache import cache

from hosts.engine_calls import EngineLine, engine_line
from hosts.engine_calls.line import Opener
from hosts.models import Container
from portal.problems import NotFound, Problem

from .figures import Point, Raw, point_of, total_of

log = logging.getLogger(__name__)

EVERY = 2.0
AGAIN_AFTER = 5.0
MAX_CONTAINERS = 100
KEPT = 300  # moments of a host
KEPT_SECONDS = 24 * 3600
Row = list[Any]


@dataclass(eq=False)
class Watcher:
    """Who looks. cid: at one container; "" at the host. tell: called with each moment."""

    cid: str
    tell: Callable[[dict[str, Any]], None]


@dataclass
class Sampler:
    """See the module; lives while it has watchers."""

    host_id: UUID
    opener: Opener
    watchers: set[Watcher] = field(default_factory=set)
    last: dict[str, Raw] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        while self.watchers:
            try:
                async with engine_line(self.host_id, opener=self.opener) as line:
                    while self.watchers:
                        began = time.monotonic()
                        await self._moment(line)
                        await asyncio.sleep(max(0.2, EVERY - (time.monotonic() - began)))
            except Problem as problem:
                self._tell_all({"away": str(problem.detail or problem.title)})
                await asyncio.sleep(AGAIN_AFTER)

    async def _moment(self, line: EngineLine) -> None:
        named = {watcher.cid for watcher in self.watchers if watcher.cid}
        whole = any(not watcher.cid for watcher in self.watchers)
        names = await sync_to_async(running, thread_sensitive=False)(self.host_id) if whole else {}
        points: dict[str, Point] = {}
        for cid in [*names, *(named - set(names))][:MAX_CONTAINERS]:
            try:
                now = await line.json("GET", f"/containers/{quote(cid)}/stats?stream=0&one-shot=1")
            except NotFound:
                continue
            points[cid] = point_of(self.last.get(cid), now)
            self.last[cid] = now
        self.last = {cid: raw for cid, raw in self.last.items() if cid in points}
        moment = round(time.time(), 1)
        for watcher in list(self.watchers):
            if watcher.cid in points:
                watcher.tell({"t": moment, "p": points[watcher.cid].as_list()})
        if whole:
            total = total_of([points[cid] for cid in names if cid in points]).as_list()
            rows = [[cid, names[cid], *points[cid].as_list()] for cid in names if cid in points]
            self._tell_all({"t": moment, "p": total, "rows": rows}, hosts_only=True)
            await sync_to_async(history_add, thread_sensitive=False)(self.host_id, [moment, *total])

    def _tell_all(self, message: dict[str, Any], *, hosts_only: bool = False) -> None:
        for watcher in list(self.watchers):
            if not (hosts_only and watcher.cid):
                watcher.tell(message)


class Samplers:
    """The samplers of this portal node, one for each host that is looked at."""

    def __init__(self) -> None:
        self._running: dict[UUID, Sampler] = {}

    def watch(self, host_id: UUID, watcher: Watcher, *, opener: Opener) -> None:
        sampler = self._running.get(host_id)
        if sampler is None or sampler.task is None or sampler.task.done():
            sampler = self._running[host_id] = Sampler(host_id, opener)
        sampler.watchers.add(watcher)
        if sampler.task is None:
            sampler.task = asyncio.create_task(sampler.run())

    def leave(self, host_id: UUID, watcher: Watcher) -> None:
        sampler = self._running.get(host_id)
        if sampler is None:
            return
        sampler.watchers.discard(watcher)
        if not sampler.watchers:
            del self._running[host_id]
            if sampler.task is not None:
                sampler.task.cancel()


SAMPLERS = Samplers()


def running(host_id: UUID) -> dict[str, str]:
    """Ids and names of the containers that run there, as the mirror knows."""
    rows = Container.objects.filter(host_id=host_id, state="running").order_by("name")
    return dict(rows.values_list("cid", "name")[:MAX_CONTAINERS])


def history_of(host_id: UUID) -> list[Row]:
    """The last moments of a host: [time, then as Point.as_list]. Lost with the cache, and only as long as watched."""
    return list(cache.get(f"stats:{host_id}") or [])


def history_add(host_id: UUID, row: Row) -> None:
    kept = deque(history_of(host_id), maxlen=KEPT)
    kept.append(row)
    cache.set(f"stats:{host_id}", list(kept), KEPT_SECONDS)
