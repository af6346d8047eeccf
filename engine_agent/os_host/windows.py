"""Windows."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

from ..http1 import Streams
from ..problems import AgentProblem
from .machine import Machine, go_architecture

DEFAULT_ENGINES: tuple[str, ...] = (
    "npipe:////./pipe/docker_engine",
    "npipe:////./pipe/dockerDesktopLinuxEngine",
)


def default_state_dir() -> Path:
    """%ProgramData%\\Pierhead\\agent."""
    return Path(os.environ.get("ProgramData", r"C:\ProgramData")) / "Pierhead" / "agent"  # noqa: SIM112


def machine() -> Machine:
    """Facts from the environment and the running Windows version."""
    version = sys.getwindowsversion()  # type: ignore[attr-defined,unused-ignore]
    build = ".".join(map(str, version.platform_version))
    return Machine(
        hostname=os.environ.get("COMPUTERNAME", ""),
        os="windows",
        os_name="Windows Server" if version.product_type != 1 else "Windows",
        os_version=build,
        kernel=build,
        architecture=go_architecture(os.environ.get("PROCESSOR_ARCHITECTURE", "")),
        cpus=os.cpu_count() or 0,
    )


def free_bytes(path: str) -> int:
    """Bytes free on the disk that holds `path`."""
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return 0


async def open_pipe(name: str) -> Streams:
    """A connection to a named pipe; asyncio waits while every instance is busy, so callers set a timeout."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.create_pipe_connection(lambda: protocol, name)  # type: ignore[attr-defined,unused-ignore]
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


def lock_file(path: Path) -> int | None:
    """A descriptor that holds `path` until it is closed or the process ends; None when another process holds it."""
    import msvcrt

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def private_opener(path: str, flags: int) -> int:
    """For open(): the folder's access list, inherited, says who may read."""
    return os.open(path, flags)


def sync_folder(path: Path) -> None:
    """NTFS journals renames; there is nothing to do."""


def engine_hint() -> str:
    """What to type when the engine does not answer."""
    return "Start it with “Start-Service docker”, or name its pipe with --engine npipe:////./pipe/NAME"


def service_install(state_dir: Path) -> str:
    """Not offered yet."""
    raise AgentProblem(
        "This version cannot install a Windows service",
        remedy=f"Run “engine-agent run --state-dir {state_dir}” from a scheduled task at start-up",
    )


def service_remove() -> str:
    """Not offered yet."""
    raise AgentProblem("This version cannot install or remove a Windows service")
