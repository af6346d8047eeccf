"""One child process: started on a leash, its words written down, started again when it ends by itself."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from .backoff import Backoff
from .journal import LINE_BYTES, Journal

LEASH = Path(__file__).with_name("leash.py")
PIPE_BYTES = 65_536


@dataclass(frozen=True)
class Program:
    """What to run, and how it ends.

    name: one word, the prefix of its lines and the name of its log file.
    stop_seconds: how long it may take to end when asked, before it is killed.
    death_signal: what the kernel sends it when the supervisor has died.
    attempts: how often in a row it may end early before we give up; None means never.
    inherited: open file descriptors it gets, e.g. the lock of the data directory.
    quiet: what it says goes to its log file and not to the terminal.
    """

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    directory: Path | None = None
    stop_seconds: float = 10.0
    death_signal: signal.Signals = signal.SIGTERM
    attempts: int | None = None
    inherited: tuple[int, ...] = ()
    quiet: bool = False


def leashed(program: Program) -> tuple[str, ...]:
    """The full argument list that starts `program` on a leash held by this process."""
    return (
        sys.executable,
        "-I",
        "-S",
        str(LEASH),
        str(os.getpid()),
        str(int(program.death_signal)),
        *program.arguments,
    )


def ending(code: int) -> str:
    """How a process ended, in words."""
    if code < 0:
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"
    return f"ended with exit code {code}"


class Child:
    """A program that is kept running until `stop`. All methods belong to one event loop, in the main thread (the
    kernel ties a leash to the thread that started the process)."""

    def __init__(self, program: Program, journal: Journal, backoff: Backoff | None = None) -> None:
        self.program = program
        self.gave_up = asyncio.Event()
        self.last_line = ""
        self._journal = journal
        self._backoff = backoff or Backoff()
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def start(self) -> None:
        """Start it, and keep it running from now on."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep(), name=f"keep {self.program.name}")

    async def _keep(self) -> None:
        name = self.program.name
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._run_once()
            if self._stopping.is_set():
                return
            wait = self._backoff.after(time.monotonic() - began)
            if self.program.attempts is not None and self._backoff.failures >= self.program.attempts:
                self._journal.tell(f"{name} {ending(code)}, {self._backoff.failures} times in a row; leaving it.")
                self.gave_up.set()
                return
            self._journal.tell(f"{name} {ending(code)}; starting it again in {wait:g} s.")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def _run_once(self) -> int:
        """Start the process, write down what it says, and return its exit code (negative: a signal)."""
        async with _pipe() as (end, stream):
            process = await _spawn(self.program, end, asyncio.subprocess.STDOUT)
            end.close()
            self._process = process
            if self._stopping.is_set():  # asked to stop while it was being started
                process.terminate()
            listening = asyncio.get_running_loop().create_task(_listen(stream, self._write_down))
            code = await process.wait()
            _signal_group(process.pid, signal.SIGKILL)  # whatever it left behind in its own group
            await asyncio.wait([listening], timeout=0.5)  # a descendant in another group may hold the pipe
            listening.cancel()
        return code

    def _write_down(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        if text:
            self.last_line = text
            self._journal.line(self.program.name, text, quiet=self.program.quiet)

    async def stop(self, hurry: asyncio.Event | None = None) -> None:
        """Ask it to end (SIGTERM), and kill it with its group after `stop_seconds`, or at once when `hurry` is set."""
        self._stopping.set()
        if self._task is None:
            return
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
        await _first(self._task, hurry, self.program.stop_seconds)
        if not self._task.done() and self.pid is not None:
            self._journal.tell(f"{self.program.name} did not end when asked; killing it.")
            _signal_group(self.pid, signal.SIGKILL)
        await self._task


async def run_once(program: Program, journal: Journal, seconds: float) -> tuple[int, str]:
    """Run `program` to its end, on a leash, and return its exit code and what it wrote to standard output (a secret,
    perhaps: not in the journal). Standard error goes to the journal. It is killed after `seconds`."""
    output: list[str] = []

    def write_down(line: bytes) -> None:
        journal.line(program.name, line.decode(errors="replace").rstrip())

    async with _pipe() as (out, stream), _pipe() as (err, errors):
        process = await _spawn(program, out, err)
        out.close()
        err.close()
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(
                    _listen(stream, lambda line: output.append(line.decode(errors="replace"))),
                    _listen(errors, write_down),
                    process.wait(),
                )
        except TimeoutError:
            journal.tell(f"{' '.join(program.arguments[1:4])} took longer than {seconds:.0f} s and was killed.")
            return -signal.SIGKILL, ""
        finally:
            if process.returncode is None:
                _signal_group(process.pid, signal.SIGKILL)
                await process.wait()
    return process.returncode or 0, "\n".join(output)


async def _spawn(program: Program, output: BinaryIO, errors: BinaryIO | int) -> asyncio.subprocess.Process:
    """Start `program` on its leash, in a session of its own: a Ctrl-C in the terminal reaches the supervisor alone."""
    return await asyncio.create_subprocess_exec(
        *leashed(program),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        env=dict(program.environment),
        cwd=program.directory,
        pass_fds=program.inherited,
        start_new_session=True,
    )


@contextlib.asynccontextmanager
async def _pipe() -> AsyncIterator[tuple[BinaryIO, asyncio.StreamReader]]:
    """The end to write to, and a reader of the other; both are closed at the end, whoever else holds them."""
    reading, writing = os.pipe()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    with os.fdopen(writing, "wb", buffering=0) as end:
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: protocol, os.fdopen(reading, "rb", buffering=0)
        )
        try:
            yield end, reader
        finally:
            transport.close()


async def _listen(stream: asyncio.StreamReader, write_down: Callable[[bytes], None]) -> None:
    """Hand on line by line; a line without end is cut into pieces."""
    pending = b""
    while data := await stream.read(PIPE_BYTES):
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            write_down(line[:LINE_BYTES])
        if len(pending) > LINE_BYTES:
            write_down(pending[:LINE_BYTES])
            pending = b""
    if pending:
        write_down(pending)


async def _first(task: asyncio.Task[None], hurry: asyncio.Event | None, seconds: float) -> None:
    """Wait until `task` is done, `hurry` is set or `seconds` have passed."""
    waits: set[asyncio.Task[object]] = {asyncio.ensure_future(asyncio.shield(task))}
    if hurry is not None:
        waits.add(asyncio.ensure_future(hurry.wait()))
    _, left = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in left:
        wait.cancel()


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
