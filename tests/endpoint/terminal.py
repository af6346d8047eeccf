"""The docker client in a terminal: what a person sees, and what their keys do."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


class Terminal:
    """One program in a terminal of its own. `seen` is everything it has shown so far."""

    def __init__(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, rows: int = 30, cols: int = 100
    ) -> None:
        self._end, other = pty.openpty()
        self._size(rows, cols)
        self.process = subprocess.Popen(
            argv, stdin=other, stdout=other, stderr=other, env=dict(env), cwd=cwd, start_new_session=True
        )
        os.close(other)
        self.seen = b""

    def _size(self, rows: int, cols: int) -> None:
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def resize(self, rows: int, cols: int) -> None:
        """As a person who drags the corner of the window."""
        self._size(rows, cols)
        self.process.send_signal(signal.SIGWINCH)

    def keys(self, data: bytes) -> None:
        """Type."""
        os.write(self._end, data)

    def until(self, pattern: str, seconds: float = 20) -> str:
        """Wait until what was shown since the last match holds the pattern."""
        ends = time.monotonic() + seconds
        while not (found := re.search(pattern.encode(), self.seen)):
            left = ends - time.monotonic()
            if left < 0 or not self._more(left):
                raise AssertionError(f"{pattern!r} was not shown; what was: {self.seen!r}")
        text = self.seen[: found.end()].decode(errors="replace")
        self.seen = self.seen[found.end() :]
        return text

    def _more(self, seconds: float) -> bool:
        if not select.select([self._end], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._end, 65536)
        except OSError:  # the other end was closed
            return False
        self.seen += data
        return bool(data)

    def ended(self, seconds: float = 20) -> int:
        """The exit code."""
        ends = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < ends:
            self._more(0.05)
        while self._more(0.05):
            pass
        return self.process.wait(timeout=1)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._end)


@contextlib.contextmanager
def terminal(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> Iterator[Terminal]:
    """A program in a terminal, ended with the block."""
    running = Terminal(argv, env=env, cwd=cwd)
    try:
        yield running
    finally:
        running.close()
