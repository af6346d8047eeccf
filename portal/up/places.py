"""Where `up` keeps things, and how to keep the paths of sockets short enough for the kernel."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

# sun_path of unix(7) has 108 bytes with its final zero; dockerd and Redis add a few to some names.
SOCKET_PATH_BYTES = 100


class PlaceRefused(Exception):
    """A directory that must be ours alone is not; the text says which and why."""


def private_directory(path: Path) -> Path:
    """`path` as a directory that only we can enter (0700), made when absent.

    Raises PlaceRefused when it is a link, belongs to somebody else or cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = os.lstat(path)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise PlaceRefused(f"{path} is not a directory of ours. Move it away or choose another one.")
        if stat.S_IMODE(found.st_mode) != 0o700:
            path.chmod(0o700)
    except OSError as error:
        raise PlaceRefused(f"{path} cannot be used: {error.strerror or error}.") from error
    return path


def short_directory(data_dir: Path) -> Path:
    """The directory for sockets when `data_dir` is too deep: short, and the same at every start."""
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"pierhead-{os.getuid()}-{digest}"


def socket_path(data_dir: Path, room: str, name: str) -> Path:
    """Where the socket `name` of `room` lies: DATA_DIR/room/name, or in the short directory when that is too long."""
    wanted = data_dir / room / name
    if len(os.fsencode(wanted)) <= SOCKET_PATH_BYTES:
        return wanted
    return short_directory(data_dir) / room / name


def redis_socket(data_dir: Path) -> Path:
    """The socket of the private Redis."""
    return socket_path(data_dir, "redis", "redis.sock")


def redis_url(data_dir: Path) -> str:
    """The address of the private Redis as redis-py reads it."""
    return f"unix://{quote(str(redis_socket(data_dir)))}"


def engine_socket(data_dir: Path) -> Path:
    """The socket of the engine that we start ourselves."""
    return socket_path(data_dir, "engine", "docker.sock")


def engine_exec_root(data_dir: Path) -> Path:
    """Where that engine keeps its own sockets; the longest of them adds some 30 bytes."""
    return socket_path(data_dir, "engine/run", "containerd/containerd-debug.sock.ttrpc").parents[1]
