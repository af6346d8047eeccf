"""Runs a program that the kernel ends when the one who started it has died, however it died.

    python -I -S leash.py PARENT_PID SIGNAL PROGRAM [ARGUMENT ...]

Started as a program rather than through preexec_fn, which may deadlock in a process with threads. The request to the
kernel (prctl PR_SET_PDEATHSIG) outlives execve, so that nothing of this interpreter stays in memory.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PARENT_IS_GONE = 75


def main(arguments: list[str]) -> int:
    parent, number, *program = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != int(parent):  # it died before we could ask
        return PARENT_IS_GONE
    try:
        os.execvp(program[0], program)  # noqa: S606
    except OSError as error:
        print(f"{program[0]} cannot be started: {error.strerror}", file=sys.stderr)  # noqa: T201
    return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
