"""Windows."""

import contextlib
import ctypes
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from .machine import Machine, go_architecture
from .windows_folders import private_folder
from .windows_pipe import open_pipe
from .windows_service import service_install, service_remove

__all__ = ["open_pipe", "private_folder", "service_install", "service_remove"]

DEFAULT_ENGINES: tuple[str, ...] = (
    "npipe:////./pipe/docker_engine",
    "npipe:////./pipe/dockerDesktopLinuxEngine",
)
_VERSION_KEY = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
FIRST_WINDOWS_11 = 22000


def default_state_dir() -> Path:
    """%ProgramData%\\Pierhead\\agent."""
    return Path(os.environ.get("ProgramData", r"C:\ProgramData")) / "Pierhead" / "agent"  # noqa: SIM112


def machine() -> Machine:
    """Facts from the registry and the running Windows version."""
    version: Any = sys.getwindowsversion()  # type: ignore[attr-defined,unused-ignore]
    known = _registered()
    build = four_parts(version.platform_version, known.get("UBR"))
    # A 32-bit program on a 64-bit Windows is told of its own architecture; the other variable has the machine's.
    word = os.environ.get("PROCESSOR_ARCHITEW6432") or os.environ.get("PROCESSOR_ARCHITECTURE", "")
    return Machine(
        hostname=os.environ.get("COMPUTERNAME", ""),
        os="windows",
        os_name=edition_name(known, version.platform_version[2], server=version.product_type != 1),
        os_version=build,
        kernel=build,
        architecture=go_architecture(word),
        cpus=os.cpu_count() or 0,
        memory_bytes=_memory_bytes(),
    )


def four_parts(version: tuple[int, ...], revision: object) -> str:
    """10.0.20348.2655: the version with the revision (UBR) that updates raise."""
    parts = [*version[:3], *([revision] if isinstance(revision, int) else [])]
    return ".".join(map(str, parts))


def edition_name(known: dict[str, Any], build: int, *, server: bool) -> str:
    """“Windows Server 2022 Datacenter 21H2”. Windows 11 still calls itself 10 in the registry."""
    name = str(known.get("ProductName") or ("Windows Server" if server else "Windows"))
    if not server and build >= FIRST_WINDOWS_11:
        name = name.replace("Windows 10", "Windows 11")
    return " ".join(word for word in (name, str(known.get("DisplayVersion") or "")) if word)


def _registered() -> dict[str, Any]:
    """What the registry says of this Windows; what is absent is left out."""
    import winreg

    registry: Any = winreg
    found: dict[str, Any] = {}
    with contextlib.suppress(OSError), registry.OpenKey(registry.HKEY_LOCAL_MACHINE, _VERSION_KEY) as key:
        for name in ("ProductName", "DisplayVersion", "UBR"):
            with contextlib.suppress(OSError):
                found[name] = registry.QueryValueEx(key, name)[0]
    return found


class _Memory(ctypes.Structure):
    """MEMORYSTATUSEX."""

    _fields_ = [
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        *(
            (name, ctypes.c_uint64)
            for name in ("total", "free", "page", "page_free", "virtual", "virtual_free", "more")
        ),
    ]


def _memory_bytes() -> int:
    status = _Memory(length=ctypes.sizeof(_Memory))
    kernel: Any = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    return int(status.total) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else 0


def free_bytes(path: str) -> int:
    """Bytes free on the disk that holds `path`."""
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return 0


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
