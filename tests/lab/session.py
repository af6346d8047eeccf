"""Runs a command, such as pytest, and sweeps away whatever the lab left behind, however the command ended.

    python -m tests.lab.session [--postgres] pytest -k words

With --postgres a PostgreSQL is started first and named in PIERHEAD_TEST_DATABASE_URL.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

from .folders import sweep
from .postgres import start_postgres


def main(words: Sequence[str]) -> int:
    """The command's own exit code; 128 + number when a signal ended it."""
    postgres = words[:1] == ["--postgres"]
    command = words[1:] if postgres else words
    if not command:
        print("usage: python -m tests.lab.session [--postgres] COMMAND [ARGUMENTS]", file=sys.stderr)
        return 2
    for gone in sweep():
        print(f"lab: removed what an earlier run left in {gone}")
    environment = dict(os.environ)
    with contextlib.ExitStack() as stack:
        if postgres:
            environment["PIERHEAD_TEST_DATABASE_URL"] = stack.enter_context(start_postgres()).url
        code = _run(command, environment)
    for gone in sweep():
        print(f"lab: removed what the run left in {gone}")
    return code


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    process = subprocess.Popen(command, env=environment)

    def pass_on(number: int, frame: FrameType | None) -> None:
        # pytest cleans up after an interrupt and not after a termination.
        process.send_signal(signal.SIGINT)

    # Ctrl-C reaches the command by itself, since it is in our process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, pass_on)
    code = process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
