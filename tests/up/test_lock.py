"""One `up` per data directory, and a start after everything was killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portal.up.lock import LOCK_NAME, AlreadyRunning, lock_take


def test_the_second_one_is_refused_and_told_who_runs(tmp_path: Path) -> None:
    first = lock_take(tmp_path)
    with pytest.raises(AlreadyRunning, match=rf"already runs on .* \(process {os.getpid()}\)"):
        lock_take(tmp_path)
    os.close(first)


def test_it_is_free_again_after_the_end(tmp_path: Path) -> None:
    os.close(lock_take(tmp_path))
    os.close(lock_take(tmp_path))


def test_a_child_that_inherited_it_keeps_it(tmp_path: Path) -> None:
    held = lock_take(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(held,)) as child:
        os.close(held)
        with pytest.raises(AlreadyRunning, match="still running after 0 s"):
            lock_take(tmp_path, wait_seconds=0.2, alive=lambda pid: False)
        child.kill()


def test_parts_of_a_killed_one_are_waited_for(tmp_path: Path) -> None:
    held = lock_take(tmp_path)
    words: list[str] = []
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.5)"], pass_fds=(held,)):
        os.close(held)
        began = time.monotonic()
        os.close(lock_take(tmp_path, alive=lambda pid: False, say=words.append))
    assert time.monotonic() - began < 20
    assert words in ([], ["Waiting for the parts of an earlier Pierhead to end."])


def test_the_lock_is_readable_by_the_owner_alone(tmp_path: Path) -> None:
    os.close(lock_take(tmp_path))
    assert (tmp_path / LOCK_NAME).stat().st_mode & 0o077 == 0


def test_a_lock_file_with_nonsense_counts_as_ending(tmp_path: Path) -> None:
    held = lock_take(tmp_path)
    (tmp_path / LOCK_NAME).write_text("nonsense")
    with pytest.raises(AlreadyRunning, match="earlier Pierhead"):
        lock_take(tmp_path, wait_seconds=0.1)
    os.close(held)
