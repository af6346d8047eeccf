"""Linux (and other Unix systems)."""

import contextlib
import fcntl
import os
from pathlib import Path

from ..http1 import Streams
from .machine import Machine, go_architecture
from .systemd import service_install, service_remove

__all__ = ["service_install", "service_remove"]

_HOME = os.path.expanduser("~")
_RUNTIME = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
DEFAULT_ENGINES: tuple[str, ...] = (
    "unix:///var/run/docker.sock",
    f"unix://{_RUNTIME}/docker.sock",  # rootless
    f"unix://{_RUNTIME}/podman/podman.sock",
    "unix:///run/podman/podman.sock",
    f"unix://{_HOME}/.docker/desktop/docker.sock",
    f"unix://{_HOME}/.docker/run/docker.sock",
)


def default_state_dir() -> Path:
    """/var/lib/pierhead-agent for root, else the user's own state folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/pierhead-agent")
    base = os.environ.get("XDG_STATE_HOME") or f"{_HOME}/.local/state"
    return Path(base) / "pierhead-agent"


def machine() -> Machine:
    """Facts from uname, /etc/os-release and /proc."""
    uname = os.uname()
    release = _os_release()
    return Machine(
        hostname=uname.nodename,
        os=uname.sysname.lower(),
        os_name=release.get("PRETTY_NAME", uname.sysname),
        os_version=release.get("VERSION_ID", ""),
        kernel=uname.release,
        architecture=go_architecture(uname.machine),
        cpus=os.cpu_count() or 0,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    )


def _os_release() -> dict[str, str]:
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        with contextlib.suppress(OSError):
            lines = Path(path).read_text("utf-8", "replace").splitlines()
            pairs = (line.partition("=") for line in lines if "=" in line)
            return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
    return {}


def free_bytes(path: str) -> int:
    """Bytes an ordinary user may still write on the disk that holds `path`."""
    try:
        stat = os.statvfs(path)
    except OSError:
        return 0
    return stat.f_bavail * stat.f_frsize


async def open_pipe(name: str) -> Streams:
    """Named pipes are a Windows thing."""
    raise OSError(f"the named pipe {name} can only be opened on Windows")


def lock_file(path: Path) -> int | None:
    """A descriptor that holds `path` until it is closed or the process ends; None when another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def private_folder(path: Path) -> None:
    """Make the folder and those above it; a new one only its owner can use. Raises OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def private_opener(path: str, flags: int) -> int:
    """For open(): only this user may read the file."""
    return os.open(path, flags, 0o600)


def sync_folder(path: Path) -> None:
    """Make a rename in this folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def engine_hint() -> str:
    """What to type when the engine does not answer."""
    return "Start it with “sudo systemctl start docker”, or name its socket with --engine unix:///path"
