"""Keeps the book true: reads the engine once, then follows its events, reads again now and then, and survives it."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..backoff import Backoff
from ..engine import Engine, EngineError
from ..engine.containers import containers_list
from ..engine.errors import EngineGone
from ..engine.images import images_list
from ..engine.resources import engine_ping, events, networks_list, volumes_list
from ..engine.types import Event
from ..facts import host_facts
from ..protocol.facts import HostFacts
from ..protocol.policy import PolicyFact
from .book import Book
from .inspections import Inspections
from .reading import image_fact, network_fact, same_row, volume_fact

log = logging.getLogger("engine_agent.mirror")

GATHER_SECONDS = 0.004
PACE_SECONDS = 0.025
RESYNC_SECONDS = 300.0
PING_SECONDS = 15.0
PING_PATIENCE = 10.0
EVENT_PATIENCE = 0.015
LOAD_PATIENCE = 2.0
# Above so many unknown containers the list alone is told first and the inspections follow as deltas.
LIST_FIRST = 100

# Events of a container that change nothing we tell.
_QUIET = frozenset(
    {"attach", "detach", "top", "resize", "copy", "export", "archive-path", "extract-to-dir", "commit"}
    | {"exec_create", "exec_start", "exec_die", "exec_detach"}
)


@dataclass(slots=True)
class Dirty:
    """What must be read again."""

    containers: dict[str, None] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)

    def note(self, event: Event) -> bool:
        """Take one event in; gives whether it asks for reading."""
        action = event.action.partition(":")[0]
        match event.type:
            case "container" if action not in _QUIET:
                self.containers[event.actor.id] = None
            case "image" | "volume" if action not in {"mount", "unmount"}:
                self.kinds.add(event.type)
            case "network" if action in {"connect", "disconnect"}:
                if cid := (event.actor.attributes or {}).get("container"):
                    self.containers[cid] = None
            case "network":
                self.kinds.add("network")
            case _:
                return False
        return True


def no_policy() -> PolicyFact | None:
    """Of a host whose owner keeps no policy file."""
    return None


class Mirror:
    """The engine in the book. `changed` is called when the book has news, `facts_changed` with new facts.

    policy, disk_full: give the policy of the host, and whether the agent's disk is full, as it is now.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        changed: Callable[[], None],
        facts_changed: Callable[[HostFacts], None],
        policy: Callable[[], PolicyFact | None] = no_policy,
        disk_full: Callable[[], bool] = bool,
        backoff: Backoff | None = None,
        resync_seconds: float = RESYNC_SECONDS,
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        self.book = Book()
        self.facts: HostFacts | None = None
        self._engine = engine
        self._changed = changed
        self._facts_changed = facts_changed
        self._policy = policy
        self._disk_full = disk_full
        self._backoff = backoff or Backoff(cap=5.0)
        self._resync_seconds = resync_seconds
        self._ping_seconds = ping_seconds
        self._dirty = Dirty()
        self._wake = asyncio.Event()
        self._inspections = Inspections(engine, self.book, changed)

    async def run(self) -> None:
        """Follow the engine until cancelled, whatever it does."""
        while True:
            try:
                await self._follow()
            except EngineError as error:
                log.warning("the engine is away: %s", error)
                self._engine.forget()
                self._tell_facts(await self._read_facts())
            except Exception:
                log.exception("the mirror stumbled and starts again")
            await asyncio.sleep(0.1 + self._backoff.next())

    async def _follow(self) -> None:
        """From first reading to the break of the event stream. Raises EngineError at its end."""
        facts = await self._read_facts()
        if facts.engine_error:
            raise EngineGone(facts.engine_error)
        self._tell_facts(facts)
        stream = events(self._engine)
        try:
            async with contextlib.aclosing(stream):
                await anext(stream)
                await self._load()
                self._backoff.reset()
                await _first_to_end(self._hear(stream), self._refresh_when_dirty(), self._resync(), self._ping())
        finally:
            self._inspections.stop()

    async def _hear(self, stream: Any) -> None:
        async for event in stream:
            if event is not None and self._dirty.note(event):
                self._wake.set()
        raise EngineGone("the engine closed its event stream")

    async def _refresh_when_dirty(self) -> None:
        clock = asyncio.get_running_loop().time
        last = 0.0
        while True:
            await self._wake.wait()
            await asyncio.sleep(max(GATHER_SECONDS, last + PACE_SECONDS - clock()))
            last = clock()
            self._wake.clear()
            dirty, self._dirty = self._dirty, Dirty()
            refresh = self._inspections.refresh(dirty.containers, patience=EVENT_PATIENCE)
            news, _ = await asyncio.gather(self._read_kinds(dirty.kinds), refresh)
            if news:
                self._changed()

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self._ping_seconds)
            await engine_ping(self._engine, timeout=PING_PATIENCE)
            if self.facts is not None:
                self._tell_facts(self._here_now(self.facts))

    async def _resync(self) -> None:
        while True:
            await asyncio.sleep(self._resync_seconds)
            facts = await self._read_facts()
            if facts.engine_error:
                raise EngineGone(facts.engine_error)
            self._tell_facts(facts)
            await self._load()

    async def _load(self) -> None:
        """Read everything, inspecting only what the list says is new or other than known."""
        rows = await containers_list(self._engine)
        gone = self.book.keep_only(row.id for row in rows)
        known = self.book.containers
        unsure = [row for row in rows if row.id not in known or not same_row(known[row.id], row)]
        kinds = await self._read_kinds({"image", "network", "volume"})
        patience = LOAD_PATIENCE if len(unsure) <= LIST_FIRST else 0.0
        await self._inspections.refresh([row.id for row in unsure], patience=patience, rows=rows)
        first, self.book.loaded = not self.book.loaded, True
        if first or gone or kinds or unsure:
            self._changed()

    async def _read_kinds(self, kinds: Iterable[str]) -> bool:
        """Read these lists again; gives whether anything is news."""
        readers = {"image": self._images, "network": self._networks, "volume": self._volumes}
        return any(await asyncio.gather(*(readers[kind]() for kind in kinds)))

    async def _images(self) -> bool:
        return self.book.set_images(map(image_fact, await images_list(self._engine)))

    async def _networks(self) -> bool:
        return self.book.set_networks(map(network_fact, await networks_list(self._engine)))

    async def _volumes(self) -> bool:
        return self.book.set_volumes(map(volume_fact, await volumes_list(self._engine)))

    async def _read_facts(self) -> HostFacts:
        return await host_facts(self._engine, self._policy(), agent_disk_full=self._disk_full())

    def _here_now(self, facts: HostFacts) -> HostFacts:
        """The same of the engine, with what may be read without asking it."""
        return msgspec.structs.replace(facts, policy=self._policy(), agent_disk_full=self._disk_full())

    def _tell_facts(self, facts: HostFacts) -> None:
        if self.facts is None or _differ(self.facts, facts):
            self.facts = facts
            self._facts_changed(facts)


def _differ(old: HostFacts, new: HostFacts) -> bool:
    """Whether facts are news; free disk space only when it moved by more than a hundredth."""
    if abs(old.data_root_free_bytes - new.data_root_free_bytes) > old.data_root_free_bytes / 100:
        return True
    return _but_room(old) != _but_room(new)


def _but_room(facts: HostFacts) -> tuple[object, ...]:
    return tuple(getattr(facts, name) for name in facts.__struct_fields__ if name != "data_root_free_bytes")


async def _first_to_end(*work: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends; end the others; raise what it raised."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
