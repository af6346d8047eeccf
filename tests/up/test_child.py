"""Watching over real, small child processes."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from portal.up.backoff import Backoff
from portal.up.child import Child, Program, ending, run_once

from .conftest import Said

Make = Callable[..., Program]
FOREVER = "import time; print('ready', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"


def exists(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def until(fact: Callable[[], object], seconds: float = 30) -> None:
    """Wait until `fact()` is true."""
    async with asyncio.timeout(seconds):
        while not fact():  # noqa: ASYNC110 - the facts lie outside of this process
            await asyncio.sleep(0.01)


async def started(child: Child) -> int:
    """Start it and wait for its word "ready"; its process id."""
    child.start()
    await until(lambda: child.last_line == "ready")
    assert child.pid is not None
    return child.pid


async def test_a_child_is_stopped_when_asked(said: Said, python: Make) -> None:
    child = Child(python(FOREVER), said.journal)
    pid = await started(child)
    await child.stop()
    assert not exists(pid)
    assert child.pid is None


async def test_what_it_says_carries_its_name(said: Said, python: Make) -> None:
    child = Child(python(FOREVER), said.journal)
    await started(child)
    await child.stop()
    said.journal.close()
    assert "small  | ready" in said.lines()


async def test_a_child_that_ends_is_started_again_and_says_so(said: Said, python: Make, tmp_path: Path) -> None:
    mark = tmp_path / "runs"
    code = f"open({str(mark)!r}, 'a').write('x'); raise SystemExit(3)"
    child = Child(python(code), said.journal, Backoff(first=0.01, longest=0.02))
    child.start()
    await until(lambda: mark.exists() and len(mark.read_text()) >= 3)
    await child.stop()
    said.journal.close()
    assert "up     | small ended with exit code 3; starting it again in 0.01 s." in said.lines()


async def test_a_killed_child_is_started_again(said: Said, python: Make) -> None:
    child = Child(python(FOREVER), said.journal, Backoff(first=0.01))
    pid = await started(child)
    os.kill(pid, signal.SIGKILL)
    await until(lambda: child.pid not in (None, pid))
    await child.stop()
    said.journal.close()
    assert any("was ended by SIGKILL" in line for line in said.lines())


async def test_it_is_left_after_so_many_attempts(said: Said, python: Make) -> None:
    child = Child(python("raise SystemExit(1)", attempts=3), said.journal, Backoff(first=0.01))
    child.start()
    await asyncio.wait_for(child.gave_up.wait(), 10)
    await child.stop()
    said.journal.close()
    assert "up     | small ended with exit code 1, 3 times in a row; leaving it." in said.lines()


async def test_a_stubborn_child_is_killed_after_its_time(said: Said, python: Make) -> None:
    child = Child(python(STUBBORN, stop_seconds=0.2), said.journal)
    pid = await started(child)
    await child.stop()
    said.journal.close()
    assert not exists(pid)
    assert "up     | small did not end when asked; killing it." in said.lines()


async def test_hurry_kills_at_once(said: Said, python: Make) -> None:
    child = Child(python(STUBBORN, stop_seconds=600), said.journal)
    pid = await started(child)
    hurry = asyncio.Event()
    stopping = asyncio.create_task(child.stop(hurry))
    await asyncio.sleep(0.05)
    hurry.set()
    await asyncio.wait_for(stopping, 10)
    assert not exists(pid)


async def test_a_stop_during_the_start_leaves_nothing(said: Said, python: Make) -> None:
    child = Child(python(FOREVER), said.journal)
    child.start()
    await asyncio.sleep(0)
    await asyncio.wait_for(child.stop(), 15)
    assert child.pid is None


async def test_a_stop_during_the_wait_for_the_next_start_ends_at_once(said: Said, python: Make) -> None:
    child = Child(python("raise SystemExit(1)"), said.journal, Backoff(first=600, longest=600))
    child.start()
    await until(lambda: child.pid is None and any("again in 600 s" in line for line in said.lines()))
    await asyncio.wait_for(child.stop(), 5)


async def test_what_a_child_leaves_in_its_group_ends_with_it(said: Said, python: Make, tmp_path: Path) -> None:
    mark = tmp_path / "grandchild"
    code = f"""
import os, time
pid = os.fork()
if pid == 0:
    time.sleep(600)
open({str(mark)!r}, "w").write(str(pid))
print("ready", flush=True)
time.sleep(600)
"""
    child = Child(python(code), said.journal)
    await started(child)
    grandchild = int(mark.read_text())
    await child.stop()
    await until(lambda: not exists(grandchild))


async def test_a_line_without_end_is_cut(said: Said, python: Make) -> None:
    code = f"print('x' * 100_000); {FOREVER}"
    child = Child(python(code), said.journal)
    await started(child)
    await child.stop()
    said.journal.close()
    assert max(len(line) for line in said.lines()) < 9_000


async def test_a_program_that_is_not_there_is_told(said: Said) -> None:
    child = Child(Program("small", ("/nowhere/at-all",), attempts=1), said.journal)
    child.start()
    await asyncio.wait_for(child.gave_up.wait(), 10)
    await child.stop()
    said.journal.close()
    assert "small  | /nowhere/at-all cannot be started: No such file or directory" in said.lines()


async def test_a_program_run_once_gives_its_output_and_keeps_it_from_the_journal(said: Said, python: Make) -> None:
    code = "import sys; print('SECRET'); print('a word', file=sys.stderr)"
    assert await run_once(python(code), said.journal, 10) == (0, "SECRET")
    said.journal.close()
    assert said.lines() == ["small  | a word"]


async def test_a_program_run_once_is_killed_after_its_time(said: Said, python: Make) -> None:
    began = time.monotonic()
    code, _ = await run_once(python(FOREVER), said.journal, 0.5)
    assert code == -signal.SIGKILL
    assert time.monotonic() - began < 20


async def test_a_cancelled_run_leaves_no_process(said: Said, python: Make, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    running = asyncio.create_task(run_once(python(code), said.journal, 60))
    await until(lambda: mark.exists() and mark.read_text())
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await until(lambda: not exists(int(mark.read_text())))


def test_endings_are_told_in_words() -> None:
    assert ending(0) == "ended with exit code 0"
    assert ending(-9) == "was ended by SIGKILL"
    assert ending(-250) == "was ended by signal 250"
