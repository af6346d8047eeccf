"""The logs of containers, live, over /ws/logs/.

    browser -> portal   {"open": [{"host", "container", "since"?}], "tail": 1000, "follow": true}
                        once; since: microseconds
    portal -> browser   {"s": source, "name": ..., "host": ...}
                        {"s": source, "l": [[stream, microseconds, text], ...]}     acknowledged by the browser
                        {"s": source, "state": "live" | "ended" | "waiting" | "gone", "text": ...}
                        {"s": source, "dropped": lines, "from": microseconds, "to": microseconds}

The engine is read only while the browser has credit. A browser that stays behind for long gets a marker instead of the
lines between, and the newest ones after it (log_flow.py). See watching.py for the rest.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hosts.engine_calls import engine_line
from hosts.engine_calls.frames import BadFrame, LogReader
from hosts.engine_calls.line import EngineLine, Opener
from hosts.engine_calls.permits import Permit, permit_of, permit_require
from hosts.gateway.streams import open_stream
from portal.problems import Invalid, NotAllowed, NotFound, Problem

from .log_flow import LogFlow, Row
from .watching import WatchingConsumer

MAX_SOURCES = 20
MAX_TAIL = 10_000
AGAIN_AFTER = 2.0
AGAIN_AT_MOST = 15.0


@dataclass
class Source:
    """One container of a socket. last: microseconds of the newest line that was read."""

    number: int
    permit: Permit
    flow: LogFlow
    last: int = 0
    told: str = ""


class LogsConsumer(WatchingConsumer):
    kind = "logs"
    opener: Opener = staticmethod(open_stream)
    clock: Callable[[], float] = staticmethod(time.time)

    async def opened(self) -> None:
        self.sources: list[Source] = []

    async def heard(self, message: dict[str, Any]) -> None:
        if self.sources or not isinstance(message["open"], list):
            raise ValueError
        wanted = message["open"]
        if not 1 <= len(wanted) <= MAX_SOURCES:
            raise Invalid(f"Choose 1 to {MAX_SOURCES} containers.")
        tail = max(0, min(int(message.get("tail", 1000)), MAX_TAIL))
        follow = message.get("follow", True) is True
        for number, one in enumerate(wanted):
            await self._open(number, one, tail, follow)

    async def _open(self, number: int, one: dict[str, Any], tail: int, follow: bool) -> None:
        try:
            permit = await permit_of(self.actor, str(one["host"])[:40], str(one["container"])[:80])
            permit_require(permit, "GET", f"/containers/{permit.cid}/logs")
        except (NotFound, NotAllowed) as problem:
            await self.say({"s": number, "state": "gone", "text": str(problem.detail)})
            return
        source = Source(number, permit, self._flow(number), last=max(0, int(one.get("since", 0))))
        self.sources.append(source)
        await self.say({"s": number, "name": permit.name, "host": permit.host})
        self.begin(source.flow.run())
        self.begin(self._watch(source, tail, follow))

    def _flow(self, number: int) -> LogFlow:
        async def send(rows: list[Row]) -> None:
            await self.say_counted({"s": number, "l": rows})
            await self.credit.room()

        async def tell(lines: int, first: int, last: int) -> None:
            await self.say({"s": number, "dropped": lines, "from": first, "to": last})

        return LogFlow(send=send, tell=tell, clock=self.clock)

    async def still(self) -> None:
        for source in self.sources:
            await permit_of(self.actor, source.permit.host_id, source.permit.cid)

    async def _watch(self, source: Source, tail: int, follow: bool) -> None:
        """Read until the container is gone or nobody looks; again when the host was away or it was started again."""
        wait = AGAIN_AFTER
        while True:
            try:
                async with engine_line(source.permit.host_id, opener=self.opener) as line:
                    await self._read(source, line, tail, follow)
                    wait = AGAIN_AFTER
                if not follow:
                    return
                await self._state(source, "ended", "")
                await self._until_running(source)
            except NotFound:
                await self._state(source, "gone", "The container has been removed.")
                return
            except (Problem, BadFrame) as problem:
                await self._state(source, "waiting", str(getattr(problem, "detail", "") or problem))
                await asyncio.sleep(wait)
                wait = min(wait * 2, AGAIN_AT_MOST)

    async def _until_running(self, source: Source) -> None:
        while True:
            await asyncio.sleep(AGAIN_AFTER)
            async with engine_line(source.permit.host_id, opener=self.opener) as line:
                found = await line.json("GET", f"/containers/{quote(source.permit.cid)}/json")
            if found["State"]["Running"]:
                return

    async def _read(self, source: Source, line: EngineLine, tail: int, follow: bool) -> None:
        cid = quote(source.permit.cid)
        found = await line.json("GET", f"/containers/{cid}/json")
        reader = LogReader(tty=bool(found["Config"]["Tty"]))
        query = f"stdout=1&stderr=1&timestamps=1&follow={int(follow)}&tail={tail}"
        if source.last:
            query += f"&since={source.last // 1_000_000}.{source.last % 1_000_000:06d}"
        await line.ask("GET", f"/containers/{cid}/logs?{query}")
        await self._state(source, "live", "")
        source.flow.begun()
        after = source.last
        while piece := await line.read():
            await self._rows(source, reader.feed(piece), after, follow)
        await self._rows(source, reader.end(), after, follow)

    async def _rows(self, source: Source, rows: list[Row], after: int, follow: bool) -> None:
        """Those that are newer than what was read before the log was opened again."""
        new = [row for row in rows if row[1] > after] if after else rows
        if new:
            source.last = new[-1][1]
            await source.flow.put(new, live=follow)

    async def _state(self, source: Source, state: str, text: str) -> None:
        if source.told != state + text:
            await source.flow.drained()
            source.told = state + text
            await self.say({"s": source.number, "state": state, "text": text[:500]})
