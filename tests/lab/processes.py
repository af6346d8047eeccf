"""Servers that the lab starts, and the end of them."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .parts import LabError, as_root


def wait_until(ready: Callable[[], Any], *, seconds: float, what: str, every: float = 0.02) -> None:
    """Return once `ready()` is true. Raises LabError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {seconds:g} s")
        time.sleep(every)


class Server:
    """A program in a session of its own, with its output in a file.

    argv: the full command; `log`: file that takes standard output and standard error;
    env: the whole environment, None for ours; root: run it as root.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        root: bool = False,
        cwd: Path | None = None,
    ) -> None:
        self.argv = as_root(argv) if root else list(argv)
        self.root = root
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                cwd=cwd,
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def wait_ready(self, ready: Callable[[], Any], *, seconds: float = 30) -> None:
        """Wait until `ready()`; raises LabError with the end of the log when the server dies or is too slow."""

        def ready_or_dead() -> bool:
            return not self.running or bool(ready())

        try:
            wait_until(ready_or_dead, seconds=seconds, what=f"{self.argv[0]} ready")
        except LabError as error:
            raise LabError(f"{error}\n{self.tail()}") from None
        if not self.running:
            raise LabError(f"{' '.join(self.argv)} ended with {self.exit_code}\n{self.tail()}")

    def tail(self, lines: int = 30) -> str:
        """The last lines of its output."""
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except OSError as error:
            return f"(no log: {error})"

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program alone; nothing happens when it has ended."""
        if not self.running:
            return
        if self.root and os.geteuid() != 0:
            subprocess.run(as_root(["kill", f"-{int(number)}", str(self.pid)]), check=False, capture_output=True)
            return
        self._process.send_signal(number)

    def wait(self, seconds: float) -> int | None:
        """The exit code once it has ended, None if it has not within `seconds`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, *, seconds: float = 15, first: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, make it end after `seconds`, and return the exit code."""
        self.send(first)
        code = self.wait(seconds)
        if code is None:
            self.send(signal.SIGKILL)
            code = self._process.wait()
        return code

    def kill(self) -> None:
        """End it without a word, as a crash would."""
        self.send(signal.SIGKILL)
        self._process.wait()
