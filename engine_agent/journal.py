"""The agent's memory of commands, in one SQLite file: written before a command is acted on, kept until the portal has
stored its end.

An id stays known after that, without its body (bodies hold credentials), so that a frame that comes again has no
second effect.

A full disk: commands are only taken in while there is room set aside for their ends (`reserve`), so that what was taken
in can always be ended here, and is not carried out once more by the next process.
"""

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from .problems import StateUnusable
from .protocol import encode
from .protocol.bodies import CommandBody
from .protocol.messages import CommandFinished, CommandProgress
from .reserve import Reserve

log = logging.getLogger("engine_agent.journal")

T = TypeVar("T")

REMEMBER_SECONDS = 14 * 24 * 3600.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS commands (
    id TEXT PRIMARY KEY,
    body BLOB NOT NULL,
    received REAL NOT NULL,
    deadline REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    started REAL NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    notes BLOB NOT NULL DEFAULT x'',
    reports BLOB NOT NULL DEFAULT x'',
    finished BLOB,
    acknowledged REAL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS commands_open ON commands (acknowledged) WHERE acknowledged IS NULL;
"""

_body: "msgspec.msgpack.Decoder[CommandBody]" = msgspec.msgpack.Decoder(CommandBody)
_finished = msgspec.msgpack.Decoder(CommandFinished)
_reports = msgspec.msgpack.Decoder(tuple[CommandProgress, ...])


@dataclass(frozen=True, slots=True)
class Entry:
    """One command as journalled. Times are unix seconds; started: of the first attempt, 0 before it.

    notes: what the command's own work wants to find again after a restart. finished: its end, None while open.
    """

    id: str
    body: CommandBody | None
    received: float
    deadline: float
    attempts: int = 0
    started: float = 0.0
    cancelled: bool = False
    notes: bytes = b""
    reports: tuple[CommandProgress, ...] = ()
    finished: CommandFinished | None = None


class Journal:
    """The file. Every method returns when its change is on the disk. One thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reserve = Reserve(path.with_name("reserve"))
        try:
            self._db = self._firmly(lambda: _opened(path))
        except sqlite3.OperationalError as error:  # no room, no right to write, held by another process
            raise StateUnusable(
                f"The journal {path} cannot be opened: {error}", remedy="Check the disk and the owner of the folder"
            ) from error
        except sqlite3.DatabaseError:
            log.exception("the journal %s is damaged; it is moved aside and a new one begun", path)
            os.replace(path, path.with_suffix(f".damaged-{int(time.time())}"))
            for tail in ("-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(f"{path}{tail}")
            self._db = _opened(path)
        with contextlib.suppress(OSError):  # said when a command comes
            self._reserve.fill()

    def _firmly(self, write: Callable[[], T]) -> T:
        """Do it, if need be with the room that was set aside. Raises sqlite3.OperationalError."""
        try:
            return write()
        except sqlite3.OperationalError:
            if not self._reserve.release():
                raise
            return write()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, entry: Entry) -> None:
        """Take a new command in. Raises OSError, sqlite3.OperationalError when there is no room for it and its end."""
        self._reserve.fill()
        self._insert(entry)

    def add_cancelled(self, entry: Entry) -> None:
        """Remember a command that is to do nothing when it comes."""
        self._firmly(lambda: self._insert(entry))

    def _insert(self, entry: Entry) -> None:
        body = encode(entry.body) if entry.body is not None else b""
        with self._db:
            self._db.execute(
                "INSERT INTO commands (id, body, received, deadline, cancelled) VALUES (?, ?, ?, ?, ?)",
                (entry.id, body, entry.received, entry.deadline, int(entry.cancelled)),
            )

    def get(self, command: str) -> Entry | None:
        """The command with this id, None when it was never seen."""
        row = self._db.execute(f"{_SELECT} WHERE id = ?", (command,)).fetchone()
        return _entry(row) if row else None

    def unacknowledged(self) -> list[Entry]:
        """Every command whose end the portal has not stored, oldest first."""
        rows = self._db.execute(f"{_SELECT} WHERE acknowledged IS NULL ORDER BY received, id").fetchall()
        return [_entry(row) for row in rows]

    def begin(self, command: str, at: float) -> None:
        """One more attempt begins. Not synced: losing it costs a repeated progress number, never an effect."""
        self._db.execute("PRAGMA synchronous = NORMAL")
        try:
            with self._db:
                self._db.execute(
                    "UPDATE commands SET attempts = attempts + 1, started = CASE started WHEN 0 THEN ? ELSE started END"
                    " WHERE id = ?",
                    (at, command),
                )
        finally:
            self._db.execute("PRAGMA synchronous = FULL")

    def note(self, command: str, notes: bytes) -> None:
        """Keep what the command's work wants to find again after a restart."""
        with self._db:
            self._db.execute("UPDATE commands SET notes = ? WHERE id = ?", (notes, command))

    def cancel(self, command: str) -> None:
        """The portal wants it stopped; remembered across restarts."""
        self._firmly(lambda: self._write("UPDATE commands SET cancelled = 1 WHERE id = ?", command))

    def finish(self, finished: CommandFinished, reports: tuple[CommandProgress, ...]) -> None:
        """Keep the end of a command and its last reports; its body, which may hold credentials, is forgotten.

        On a full disk the end is kept in the room set aside, without the reports."""
        statement = "UPDATE commands SET finished = ?, reports = ?, body = x'', notes = x'' WHERE id = ?"
        try:
            self._write(statement, encode(finished), encode(reports), finished.id)
        except sqlite3.OperationalError:
            self._firmly(lambda: self._write(statement, encode(finished), b"", finished.id))

    def acknowledge(self, command: str, at: float) -> None:
        """The portal has stored the end; the id is remembered for two weeks more."""
        self._firmly(lambda: self._acknowledge(command, at))

    def _acknowledge(self, command: str, at: float) -> None:
        with self._db:
            self._db.execute(
                "UPDATE commands SET acknowledged = ?, reports = x'' WHERE id = ? AND finished IS NOT NULL",
                (at, command),
            )
            self._db.execute("DELETE FROM commands WHERE acknowledged < ?", (at - REMEMBER_SECONDS,))

    def _write(self, statement: str, *values: object) -> None:
        with self._db:
            self._db.execute(statement, values)


_SELECT = "SELECT id, body, received, deadline, attempts, started, cancelled, notes, reports, finished FROM commands"


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level="IMMEDIATE", check_same_thread=False, timeout=10.0)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA cache_size = -256")
        db.executescript(_SCHEMA)
        if db.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check failed")
    except sqlite3.DatabaseError:
        db.close()
        raise
    os.chmod(path, 0o600)
    return db


def _entry(row: tuple[str, bytes, float, float, int, float, int, bytes, bytes, bytes | None]) -> Entry:
    command, body, received, deadline, attempts, started, cancelled, notes, reports, finished = row
    return Entry(
        id=command,
        body=_body.decode(body) if body else None,
        received=received,
        deadline=deadline,
        attempts=attempts,
        started=started,
        cancelled=bool(cancelled),
        notes=notes,
        reports=_reports.decode(reports) if reports else (),
        finished=_finished.decode(finished) if finished else None,
    )
