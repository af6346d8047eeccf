"""Folders of the agent on Windows: who may read and write them."""

import ctypes
from pathlib import Path
from typing import Any

# Protected, so that nothing is inherited from %ProgramData% (where every user may add files): the system,
# administrators and the owner may do everything, for the folder and all in it; nobody else anything.
PRIVATE = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)"
_DACL = 0x4
_PROTECTED = 0x80000000
_SDDL_REVISION = 1


def private_folder(path: Path) -> None:
    """Make the folder and those above it; what is new only the system, administrators and its owner may use. Raises
    OSError."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    path.mkdir(parents=True, exist_ok=True)
    if missing:
        restrict(missing[-1])  # the topmost; those below it inherit


def restrict(path: Path) -> None:
    """Put the access list on a folder. Raises OSError."""
    advapi, kernel = _dll("advapi32"), _dll("kernel32")
    descriptor = ctypes.c_void_p()
    if not advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW(
        ctypes.c_wchar_p(PRIVATE), _SDDL_REVISION, ctypes.byref(descriptor), None
    ):
        raise _last_error()
    try:
        if not advapi.SetFileSecurityW(ctypes.c_wchar_p(str(path)), _DACL | _PROTECTED, descriptor):
            raise _last_error()
    finally:
        kernel.LocalFree(descriptor)


def _dll(name: str) -> Any:
    return ctypes.WinDLL(name, use_last_error=True)  # type: ignore[attr-defined,unused-ignore]


def _last_error() -> OSError:
    error: OSError = ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined,unused-ignore]
    return error
