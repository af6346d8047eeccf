"""The policy file on Windows: where it is, who may write it, and where paths lead."""

import os
from pathlib import Path

from .sddl import writers


def policy_path() -> Path:
    """Where the owner of the host keeps the policy: %ProgramData%\\Pierhead\\policy.toml."""
    return Path(os.environ.get("ProgramData", r"C:\ProgramData")) / "Pierhead" / "policy.toml"  # noqa: SIM112


def policy_distrust(path: Path) -> str:
    """Why the file cannot be trusted to be the owner's own, in words; "" when it can. Raises OSError.

    Only administrators and the system may be able to write it.
    """
    path.stat()
    others = writers(_security(str(path)))
    if others:
        return (
            f"{path} can be written by {', '.join(others)}; let administrators alone write it "
            f'(icacls "{path}" /inheritance:r /grant *S-1-5-32-544:F *S-1-5-18:F *S-1-5-32-545:R)'
        )
    return ""


def real_path(path: str) -> str:
    """Where a path leads when its links are followed. Raises OSError."""
    return path if path.startswith("\\\\.\\") else os.path.realpath(path)


def _security(path: str) -> str:
    """Owner and access list of a file in SDDL. Raises OSError."""
    import ctypes

    advapi, kernel = ctypes.windll.advapi32, ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    file_object, owner_and_list = 1, 0x1 | 0x4
    descriptor, text = ctypes.c_void_p(), ctypes.c_wchar_p()
    error = advapi.GetNamedSecurityInfoW(
        ctypes.c_wchar_p(path), file_object, owner_and_list, None, None, None, None, ctypes.byref(descriptor)
    )
    if error:
        raise OSError(f"the access list of {path} cannot be read (error {error})")
    try:
        if not advapi.ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor, 1, owner_and_list, ctypes.byref(text), None
        ):
            raise OSError(f"the access list of {path} cannot be understood")
        value = text.value or ""
        kernel.LocalFree(text)
        return value
    finally:
        kernel.LocalFree(descriptor)


def folder_mode(path: Path) -> tuple[bool, bool, int | None]:
    """Whether a folder is there and can be read; Windows has no permission bits."""
    try:
        return path.exists(), os.access(path, os.R_OK), None
    except OSError:
        return True, False, None
