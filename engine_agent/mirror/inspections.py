"""Reading single containers again, without one that does not answer holding up the others.

The engine holds a container's lock while it starts or stops it, and an inspection waits for that lock, for seconds when
a volume is slow. The list needs no lock. So what an inspection does not tell in time is told from the list, and the
inspection's answer follows when it comes.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable

import msgspec

from ..engine import Engine, EngineError, NotFound
from ..engine.containers import container_inspect, containers_list
from ..engine.types import ListedContainer
from .book import Book
from .reading import container_fact, row_fact

log = logging.getLogger("engine_agent.mirror")

AT_ONCE = 8
# A list of so many ids still fits into an address; above it the whole list is asked for.
MAX_IDS = 50


class Inspections:
    """Inspections in flight, one per container. `changed` is called when one brings news."""

    def __init__(self, engine: Engine, book: Book, changed: Callable[[], None]) -> None:
        self._engine = engine
        self._book = book
        self._changed = changed
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def refresh(
        self, cids: Iterable[str], *, patience: float, rows: Iterable[ListedContainer] | None = None
    ) -> None:
        """Have these read again; what is late after `patience` seconds is told from the list. Raises EngineError.

        rows: the list, when the caller has it already.
        """
        wanted = list(cids)
        tasks = [self._begin(cid) for cid in wanted]
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=patience)
        late = {cid for cid in wanted if cid in self._running}
        if not late:
            return
        if rows is None:
            rows = await containers_list(self._engine, ids=tuple(late) if len(late) <= MAX_IDS else ())
        self.tell_rows(row for row in rows if row.id in late)

    def tell_rows(self, rows: Iterable[ListedContainer]) -> None:
        """What the list says, with what is known beyond it while the state is the same."""
        news = False
        for row in rows:
            fact = row_fact(row)
            known = self._book.containers.get(row.id)
            if known is not None:
                same = known.state == fact.state
                fact = msgspec.structs.replace(
                    fact,
                    image=known.image,
                    command=known.command,
                    restarts=known.restarts,
                    started=known.started if same else None,
                    finished=known.finished if same else None,
                )
            news |= self._book.upsert(fact)
        if news:
            self._changed()

    def stop(self) -> None:
        """End what is in flight."""
        for task in self._running.values():
            task.cancel()
        self._again.clear()

    def _begin(self, cid: str) -> "asyncio.Task[None]":
        if cid in self._running:
            self._again.add(cid)
            return self._running[cid]
        task = asyncio.create_task(self._inspect(cid))
        self._running[cid] = task
        task.add_done_callback(lambda _: self._ended(cid))
        return task

    def _ended(self, cid: str) -> None:
        self._running.pop(cid, None)
        if cid in self._again:
            self._again.discard(cid)
            self._begin(cid)

    async def _inspect(self, cid: str) -> None:
        try:
            async with self._slots:
                container = await container_inspect(self._engine, cid)
        except NotFound:
            news = self._book.remove(cid)
        except EngineError as error:
            log.info("container %s could not be inspected: %s", cid[:12], error)
            return
        else:
            news = self._book.upsert(container_fact(container))
        if news and self._book.loaded:
            self._changed()
