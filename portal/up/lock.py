"""One `up` per data directory.

The lock (flock) belongs to an open file that the children inherit: it is free only when the supervisor and every child
that writes to the data directory have ended. The file holds the supervisor's process id, so that "somebody runs here"
can be told from "what was killed here is still ending".
"""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

LOCK_NAME = "up.lock"
ENDING_SECONDS = 30.0


class AlreadyRunning(Exception):
    """Another `up` uses this data directory; the text says which."""


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _holder(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0).strip()
    return int(text) if text.isdigit() else None


def lock_take(
    data_dir: Path,
    *,
    wait_seconds: float = ENDING_SECONDS,
    alive: Callable[[int], bool] = _alive,
    say: Callable[[str], None] = lambda text: None,
) -> int:
    """Take the lock and return its file descriptor, inheritable, which holds it until the last copy is closed.

    Raises AlreadyRunning at once when the process named in the file lives, and after `wait_seconds` when it does not
    and its children have still not ended.
    """
    path = data_dir / LOCK_NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    limit = time.monotonic() + wait_seconds
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            holder = _holder(descriptor)
            if holder is not None and alive(holder):
                os.close(descriptor)
                raise AlreadyRunning(
                    f"Pierhead already runs on {data_dir} (process {holder}). Stop it first, or set PIERHEAD_DATA_DIR "
                    "and PIERHEAD_HTTP to start a second one."
                ) from None
            if time.monotonic() >= limit:
                os.close(descriptor)
                raise AlreadyRunning(
                    f"Parts of an earlier Pierhead on {data_dir} are still running after {wait_seconds:.0f} s. "
                    f"`fuser {path}` names them."
                ) from None
            if not told:
                say("Waiting for the parts of an earlier Pierhead to end.")
                told = True
            time.sleep(0.1)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    os.set_inheritable(descriptor, True)
    return descriptor
