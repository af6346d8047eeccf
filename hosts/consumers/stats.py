"""What a container or a host uses, and what happens on the host, over /ws/stats/.

browser -> portal   {"host": id, "container": id or absent}
portal -> browser   {"cpus", "memory", "history": [[t, ...], ...]}
                    {"t": seconds, "p": [cpu, memory, limit, received, sent, read, written, processes],
                         "rows"?: [[id, name, cpu, ...], ...]}
                    {"event": {"t", "type", "action", "name"}}     of a host alone
                    {"away": text}
"""

import asyncio
import contextlib
import json
import time
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async

from hosts.engine_calls import engine_line
from hosts.engine_calls.frames import LineCutter
from hosts.engine_calls.line import Opener
from hosts.engine_calls.permits import permit_of, permit_require
from hosts.gateway.streams import open_stream
from hosts.models import Host
from hosts.policy import Ownership, Policy, Request, event_filter
from hosts.selectors.hosts import host_get
from hosts.selectors.policies import host_policy
from hosts.stats.sampler import AGAIN_AFTER, SAMPLERS, Samplers, Watcher, history_of
from portal.problems import Invalid, NotAllowed, Problem

from .watching import WatchingConsumer

PAST_EVENTS = 3600
QUIET = ("exec_create", "exec_start", "exec_die", "top")  # what health checks and terminals do all the time


class StatsConsumer(WatchingConsumer):
    kind = "stats"
    opener: Opener = staticmethod(open_stream)
    samplers: Samplers = SAMPLERS
    host: Host | None = None
    watcher: Watcher | None = None
    cid = ""

    async def heard(self, message: dict[str, Any]) -> None:
        if self.host is not None:
            raise Invalid("This page looks at one thing.")
        self.host = await sync_to_async(host_get, thread_sensitive=False)(
            actor=self.actor, host_id=str(message["host"])[:40]
        )
        self.moments: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=50)
        policy = await sync_to_async(host_policy, thread_sensitive=False)(host=self.host)
        history: list[Any] = []
        if message.get("container"):
            permit = await permit_of(self.actor, self.host.pk, str(message["container"])[:80])
            permit_require(permit, "GET", f"/containers/{permit.cid}/stats")
            self.cid = permit.cid
        elif policy.ownership != Ownership():
            raise NotAllowed("The host is shared with other teams: look at containers one by one.")
        else:
            history = await sync_to_async(history_of, thread_sensitive=False)(self.host.pk)
            self.begin(self._events(self.host.pk, policy))
        await self.say({"cpus": self.host.cpus, "memory": self.host.memory_bytes, "history": history})
        self.watcher = Watcher(self.cid, self._moment)
        self.samplers.watch(self.host.pk, self.watcher, opener=self.opener)
        self.begin(self._tell())

    def _moment(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(asyncio.QueueFull):  # a browser that does not keep up misses moments
            self.moments.put_nowait(message)

    async def _tell(self) -> None:
        while True:
            await self.say(await self.moments.get())

    async def still(self) -> None:
        if self.host is not None:
            await sync_to_async(host_get, thread_sensitive=False)(actor=self.actor, host_id=self.host.pk)

    async def left(self) -> None:
        if self.host is not None and self.watcher is not None:
            self.samplers.leave(self.host.pk, self.watcher)

    async def _events(self, host_id: UUID, policy: Policy) -> None:
        """Of the last hour, as far as the engine remembers, and from now on."""
        seen = event_filter(policy=policy, request=Request("GET", "/events"))
        since = time.time() - PAST_EVENTS
        while True:
            with contextlib.suppress(Problem):
                async with engine_line(host_id, opener=self.opener) as line:
                    lines = LineCutter()
                    await line.ask("GET", f"/events?since={since:.3f}")
                    while piece := await line.read():
                        for text in lines.feed(0, piece):
                            if seen is None or seen(text):
                                since = await self._event(text, since)
            await asyncio.sleep(AGAIN_AFTER)

    async def _event(self, text: bytes, since: float) -> float:
        try:
            event = json.loads(text)
            action, attributes = str(event["Action"]), event["Actor"].get("Attributes") or {}
            moment = float(event["timeNano"]) / 1e9
        except (ValueError, KeyError, TypeError):
            return since
        if not action.startswith(QUIET):
            name = attributes.get("name") or event["Actor"].get("ID", "")
            kind = str(event.get("Type", ""))
            code = attributes.get("exitCode", "")
            shown = {"t": moment, "type": kind, "action": action[:60], "name": str(name)[:80], "code": code}
            await self.say({"event": shown})
        return moment + 0.000001
