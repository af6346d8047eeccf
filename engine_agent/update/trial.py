"""Which version runs, and the trial of a new one: the old process starts it, and is back when it says nothing."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .. import VERSION
from ..state import StateDir
from .record import CONFIRMED, FAILED, STAGED, TRIAL, Record, record_read, record_write

log = logging.getLogger("engine_agent.update")

END_SECONDS = 20.0
LOOK_SECONDS = 0.05
LAUNCHED = "PIERHEAD_AGENT_LAUNCHED"


def chosen(state: StateDir) -> Record | None:
    """The confirmed version that should run instead of this one; None: this one."""
    record = record_read(state)
    if record is None or record.state != CONFIRMED or record.is_me or os.environ.get(LAUNCHED) == record.digest:
        return None
    if number_of(record.version) < number_of(VERSION) or not Path(record.python).exists():
        return None  # somebody installed a newer one beside it, or it was removed
    return record


def become(record: Record, arguments: Sequence[str]) -> None:
    """Replace this process by that version. Returns only when that cannot be done."""
    command = [record.python, "-P", "-m", "engine_agent", *arguments]
    try:
        os.execve(record.python, command, {**os.environ, LAUNCHED: record.digest})  # noqa: S606
    except OSError:
        log.exception("version %s cannot be started; version %s goes on", record.version, VERSION)


def interrupted(state: StateDir) -> None:
    """At the start of a process: a trial that was cut short is given up, so that no version is tried for ever."""
    record = record_read(state)
    if record is not None and record.state == TRIAL and not record.is_me:
        record_write(state, record, state=FAILED, reason="the agent was ended during its trial")


def pending(state: StateDir) -> Record | None:
    """A version that is staged and shall be tried now."""
    record = record_read(state)
    return record if record is not None and record.state == STAGED and not record.is_me else None


def trial(state: StateDir, record: Record, arguments: Sequence[str]) -> bool:
    """Run the new version until it reports or its time is over. True: it reported and is confirmed; it has ended again.

    Whatever the new version does or does not do, this process decides: it may crash, hang or never connect.
    """
    record_write(state, record, state=TRIAL)
    said = state.path / "trial.log"
    stopped: list[int] = []
    before = {
        number: signal.signal(number, lambda n, _: stopped.append(n)) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with said.open("wb") as output:
            command = [record.python, "-P", "-m", "engine_agent", *arguments, "--trial"]
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        reason = _watched(state, child, record, stopped)
        _end(child)
    except OSError as error:
        reason = f"it could not be started: {error.strerror}"
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if not reason:
        return True
    if stopped:
        raise KeyboardInterrupt
    tail = _tail(said)
    log.error("version %s is given up: %s", record.version, reason)
    record_write(state, record, state=FAILED, reason=f"{reason}. {tail}".strip()[:1500])
    return False


def confirm(state: StateDir) -> None:
    """The new version reports: it is connected."""
    record = record_read(state)
    if record is not None and record.state == TRIAL and record.is_me:
        record_write(state, record, state=CONFIRMED)


def number_of(version: str) -> tuple[int, ...]:
    """A version's numbers, to compare."""
    return tuple(int(part) for part in version.split("+")[0].split(".") if part.isdigit())


def _watched(state: StateDir, child: "subprocess.Popen[bytes]", record: Record, stopped: list[int]) -> str:
    """Why the new version is not to be kept, "" when it reported."""
    deadline = time.monotonic() + record.trial_seconds
    while time.monotonic() < deadline:
        now = record_read(state)
        if now is not None and now.state == CONFIRMED:
            return ""
        if stopped:
            return "the agent was stopped meanwhile"
        if child.poll() is not None:
            return f"it ended with {child.returncode}"
        time.sleep(LOOK_SECONDS)
    return f"it did not report within {record.trial_seconds:g} s"


def _end(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _tail(path: Path) -> str:
    try:
        lines = path.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:500] if lines else ""


def run_arguments(arguments: Sequence[str] | None = None) -> list[str]:
    """The words of the command line that this process was started with, without --trial."""
    return [word for word in (sys.argv[1:] if arguments is None else arguments) if word != "--trial"]
