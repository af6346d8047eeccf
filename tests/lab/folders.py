"""Private folders of lab parts, and the removal of everything that belongs to one.

A folder knows its owner (the test process). What a crashed test run left is found again by the folder: processes
that name it on their command line and their children, mounts below it, and the links, network namespaces and packet
rules noted in its `network` file. `python -m tests.lab.folders` removes what dead owners left.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from .parts import as_root, run
from .processes import wait_until

OWNER = "owner"
NETWORK = "network"


def root_folder() -> Path:
    """Where all lab folders lie. Short, since a unix socket's path has at most 107 bytes."""
    base = tempfile.gettempdir()
    return Path(base if len(base) < 24 else "/tmp") / "ph-lab"


def make_folder(kind: str) -> Path:
    """A new folder of this process; `kind` is a short word that begins its name."""
    folder = root_folder() / f"{kind}-{secrets.token_hex(3)}"
    folder.parent.mkdir(mode=0o755, exist_ok=True)
    folder.mkdir(mode=0o755)
    me = psutil.Process()
    (folder / OWNER).write_text(f"{me.pid} {me.create_time():.2f}\n", encoding="ascii")
    return folder


def note_network(folder: Path, line: str) -> None:
    """Remember a network thing that outlives processes: `link NAME`, `netns NAME` or `rule ARGUMENTS`."""
    with (folder / NETWORK).open("a", encoding="ascii") as file:
        file.write(line + "\n")


def abandoned(folder: Path) -> bool:
    """Whether the process that made the folder is gone."""
    try:
        pid, created = (folder / OWNER).read_text(encoding="ascii").split()
        return f"{psutil.Process(int(pid)).create_time():.2f}" != created
    except (OSError, ValueError, psutil.NoSuchProcess):
        return True


def processes_of(folder: Path) -> list[psutil.Process]:
    """Processes that name the folder on their command line or as their data folder, with all their children.

    Never ourselves and those who started us.
    """
    mark = str(folder) + "/"
    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid not in spared and _belongs(process, mark):
                for one in (process, *process.children(recursive=True)):
                    found[one.pid] = one
    return list(found.values())


def _belongs(process: psutil.Process, mark: str) -> bool:
    words = process.cmdline()
    if not words:  # the kernel's own
        return False
    return any(mark in word for word in words) or mark in process.environ().get("PIERHEAD_DATA_DIR", "")


def mounts_below(folder: Path) -> list[str]:
    """Mount points inside the folder, the deepest first."""
    points = []
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        point = line.split()[4].encode("ascii").decode("unicode_escape")
        if point.startswith(f"{folder}/"):
            points.append(point)
    return sorted(points, key=len, reverse=True)


def remove_folder(folder: Path) -> None:
    """End every process of the folder, then take away its mounts, its network things and itself."""
    for process in processes_of(folder):
        subprocess.run(as_root(["kill", f"-{int(signal.SIGKILL)}", str(process.pid)]), check=False, capture_output=True)
    wait_until(lambda: not _alive(folder), seconds=15, what=f"processes of {folder} gone")
    for point in mounts_below(folder):
        run(as_root(["umount", "--lazy", point]), check=False)
    for line in reversed(_noted(folder)):
        kind, _, rest = line.partition(" ")
        if kind == "rule":
            run(as_root(["iptables", "-w", "-D", *rest.split()]), check=False)
        elif kind == "link":
            run(as_root(["ip", "link", "delete", rest]), check=False)
        elif kind == "netns":
            run(as_root(["ip", "netns", "delete", rest]), check=False)
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        run(as_root(["rm", "-rf", "--one-file-system", str(folder)]), check=False)


def _alive(folder: Path) -> list[psutil.Process]:
    return [one for one in processes_of(folder) if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def _noted(folder: Path) -> list[str]:
    try:
        return (folder / NETWORK).read_text(encoding="ascii").splitlines()
    except OSError:
        return []


def sweep() -> Iterator[Path]:
    """Remove the folders of dead owners, and say which."""
    for owner in sorted(root_folder().glob(f"*/{OWNER}")):
        if abandoned(owner.parent):
            remove_folder(owner.parent)
            yield owner.parent


if __name__ == "__main__":
    for gone in sweep():
        print(f"lab: removed what a dead test run left in {gone}")
