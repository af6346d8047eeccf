"""The ends of commands, until the portal has stored them; also while the disk takes nothing."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from ..journal import Entry, Journal
from ..protocol.messages import CommandFinished, CommandProgress, FromAgent

log = logging.getLogger("engine_agent.ends")

OnDisk = Callable[..., Awaitable[Any]]


class Ends:
    """on_disk: calls the journal where its file may be waited for.

    An end that cannot be written is told to the portal all the same, and written when there is room: the journal would
    otherwise have the next process carry the command out again.
    """

    def __init__(self, journal: Journal, on_disk: OnDisk) -> None:
        self._journal = journal
        self._on_disk = on_disk
        self._kept: dict[str, Entry] = {}
        self._unwritten: dict[str, tuple[CommandFinished, bool]] = {}  # and whether the portal has stored it

    @property
    def unwritten(self) -> bool:
        """Whether `write_again` has something to do."""
        return bool(self._unwritten)

    def __contains__(self, command: str) -> bool:
        return command in self._kept

    def get(self, command: str) -> CommandFinished | None:
        """The end of a command, while it is not acknowledged."""
        entry = self._kept.get(command)
        return entry.finished if entry is not None else None

    def resume(self, entry: Entry) -> None:
        """An end that an earlier process wrote."""
        self._kept[entry.id] = entry

    def messages(self) -> list[FromAgent]:
        """What a new connection must hear of them."""
        told: list[FromAgent] = []
        for entry in self._kept.values():
            if entry.finished is not None:
                told += [*entry.reports, entry.finished]
        return told

    async def keep(self, finished: CommandFinished, reports: tuple[CommandProgress, ...]) -> None:
        """A command has ended."""
        self._kept[finished.id] = Entry(finished.id, None, 0.0, 0.0, reports=reports, finished=finished)
        try:
            await self._on_disk(self._journal.finish, finished, reports)
        except Exception:
            log.exception("the end of command %s could not be journalled; it is tried again", finished.id)
            self._unwritten[finished.id] = finished, False

    async def acknowledge(self, command: str) -> None:
        """The portal has stored it."""
        self._kept.pop(command, None)
        if command in self._unwritten:
            self._unwritten[command] = self._unwritten[command][0], True
            await self.write_again()
        else:
            await self._on_disk(self._journal.acknowledge, command, time.time())

    async def write_again(self) -> None:
        """Write what could not be written, as far as it fits."""
        for command, (finished, stored) in list(self._unwritten.items()):
            try:
                await self._on_disk(self._journal.finish, finished, ())
                if stored:
                    await self._on_disk(self._journal.acknowledge, command, time.time())
            except Exception as error:
                log.warning("the end of command %s can still not be journalled: %s", command, error)
                return
            del self._unwritten[command]
