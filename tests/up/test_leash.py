"""Children end when the supervisor was killed without a chance to stop them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from portal.up.child import LEASH
from portal.up.leash import PARENT_IS_GONE

from .test_child import exists

SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from portal.up.child import Child, Program
from portal.up.journal import Journal

async def main():
    child = Child(Program("small", (sys.executable, "-c", sys.argv[2])), Journal(Path(sys.argv[1])))
    child.start()
    await asyncio.sleep(600)

asyncio.run(main())
"""
CHILD = "import os, sys, time; open({mark!r}, 'w').write(str(os.getpid())); time.sleep(600)"


def wait(fact: object, seconds: float = 15) -> None:
    limit = time.monotonic() + seconds
    while not fact():  # type: ignore[operator]
        assert time.monotonic() < limit, "it did not become true in time"
        time.sleep(0.02)


def test_children_of_a_killed_supervisor_end(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    arguments = [sys.executable, "-c", SUPERVISOR, str(tmp_path), CHILD.format(mark=str(mark))]
    with subprocess.Popen(arguments, cwd=LEASH.parents[2]) as supervisor:
        wait(lambda: mark.exists() and mark.read_text())
        child = int(mark.read_text())
        assert exists(child)
        supervisor.kill()
    wait(lambda: not exists(child))


def test_a_leash_whose_holder_is_gone_starts_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    nobody = "999999999"
    arguments = [sys.executable, "-I", "-S", str(LEASH), nobody, str(int(signal.SIGKILL)), "touch", str(mark)]
    assert subprocess.run(arguments, check=False).returncode == PARENT_IS_GONE
    assert not mark.exists()


def test_a_leash_becomes_the_program() -> None:
    arguments = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), "15", "echo", "hello there"]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    assert done.stdout == "hello there\n"
