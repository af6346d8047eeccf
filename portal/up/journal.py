"""What `up` says: every line with the name of who said it, on standard error and in bounded files.

The terminal is written by a thread of its own: one that is paused (Ctrl-S) or gone never stops the supervisor; lines
that it cannot take are counted and left out. The files are always complete within their bounds.
"""

import contextlib
import queue
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO, TextIO

FILE_BYTES = 4_000_000
FILE_COUNT = 3
LINE_BYTES = 8_192
WAITING_LINES = 2_000


class BoundedFile:
    """An append-only file of at most `size` bytes; full, it becomes NAME.1, that NAME.2, and so on up to `count`."""

    def __init__(self, path: Path, *, size: int = FILE_BYTES, count: int = FILE_COUNT) -> None:
        self.path = path
        self.size = size
        self.count = count
        self._file: BinaryIO | None = None
        self._written = 0

    def write(self, data: bytes) -> None:
        """Append `data`. A full disk loses lines, not the portal."""
        with contextlib.suppress(OSError):
            if self._file is None:
                self._file = self.path.open("ab", buffering=0)
                self._written = self._file.tell()
            if self._written and self._written + len(data) > self.size:
                self._turn()
            self._written += self._file.write(data) or 0

    def _turn(self) -> None:
        if self._file is not None:
            self._file.close()
        for number in range(self.count - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            newer = self.path if number == 1 else self.path.with_name(f"{self.path.name}.{number - 1}")
            if newer.exists():
                newer.replace(older)
        self._file = self.path.open("wb" if self.count == 1 else "ab", buffering=0)
        self._written = 0

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class Terminal:
    """A stream that is written by its own thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(WAITING_LINES)
        self._lost = 0
        self._thread = threading.Thread(target=self._run, name="terminal", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        try:
            self._lines.put_nowait(text)
        except queue.Full:
            self._lost += 1

    def _run(self) -> None:
        while (text := self._lines.get()) is not None:
            if self._lost:
                text = f"({self._lost} lines left out)\n{text}"
                self._lost = 0
            try:
                self._stream.write(f"{text}\n")
                self._stream.flush()
            except (OSError, ValueError):  # the terminal is gone
                continue

    def close(self, seconds: float = 1.0) -> None:
        """Let what is waiting be written, for `seconds` at most."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(None)
        self._thread.join(seconds)


class Journal:
    """The one mouth of the supervisor and its children."""

    def __init__(self, directory: Path, *, error: TextIO | None = None, output: TextIO | None = None) -> None:
        self.directory = directory
        self._error = Terminal(error or sys.stderr)
        self._output = Terminal(output or sys.stdout)
        self._files: dict[str, BoundedFile] = {}

    def line(self, name: str, text: str, *, quiet: bool = False) -> None:
        """One line said by `name`; a quiet one goes to its file alone."""
        if not quiet:
            self._error.say(f"{name:<7}| {text}")
        file = self._files.get(name)
        if file is None:
            file = self._files[name] = BoundedFile(self.directory / f"{name}.log")
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        file.write(f"{stamp} {text}\n".encode(errors="replace"))

    def tell(self, text: str) -> None:
        """A line of the supervisor's own."""
        self.line("up", text)

    def announce(self, text: str, *, keep: bool = True) -> None:
        """A line for people and scripts, bare on standard output; `keep` is false for secrets."""
        self._output.say(text)
        if keep:
            self._files.setdefault("up", BoundedFile(self.directory / "up.log")).write(f"{text}\n".encode())

    def close(self) -> None:
        self._output.close()
        self._error.close()
        for file in self._files.values():
            file.close()
