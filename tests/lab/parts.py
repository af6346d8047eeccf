"""The programs the lab needs, where they are, and how to run one as root.

A missing program is an error with a remedy, never a reason to skip a test.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

# Debian keeps some programs out of the PATH of ordinary users.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"])

PACKAGE_OF: Mapping[str, str] = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "docker-compose": "docker-compose",
    "docker-registry": "docker-registry",
    "redis-server": "redis-server",
    "redis-cli": "redis-tools",
    "initdb": "postgresql",
    "postgres": "postgresql",
    "psql": "postgresql-client",
    "setpriv": "util-linux",
    "chromium": "chromium",
    "iptables": "iptables",
    "ip": "iproute2",
    "busybox": "busybox-static",
    "nsenter": "util-linux",
    "skopeo": "skopeo",
    "podman": "podman",
    "runc": "runc",
    "wine": "wine",
}


class MissingPart(RuntimeError):
    """A program that the tests need is not installed."""


class LabError(RuntimeError):
    """A part of the lab did not do what it was told; the text ends with what it printed."""


def program(name: str) -> str:
    """The full path of a program. Raises MissingPart."""
    found = shutil.which(name, path=SEARCH_PATH)
    if found is None and name in {"initdb", "postgres", "pg_ctl"}:
        versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_major)
        found = str(versions[-1]) if versions else None
    if found is None:
        package = PACKAGE_OF.get(name, name)
        raise MissingPart(f"{name} is not installed; type: apt-get install --no-install-recommends {package}")
    return found


def _major(path: Path) -> int:
    name = path.parent.parent.name
    return int(name) if name.isdigit() else 0


def as_root(argv: Sequence[str]) -> list[str]:
    """The same command, run as root: unchanged when we are root, through passwordless sudo otherwise."""
    if os.geteuid() == 0:
        return list(argv)
    return [program("sudo"), "-n", "--", *argv]


def run(argv: Sequence[str], *, check: bool = True, timeout: float = 60) -> str:
    """What a short command prints on standard output. Raises LabError when it fails and `check` is true."""
    return run_with(argv, check=check, timeout=timeout)


def run_with(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    check: bool = True,
    timeout: float = 60,
) -> str:
    """`run` with a whole environment and a folder of its own."""
    done = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
        env=env,
        cwd=cwd,
    )
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(argv)} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
