"""The service control manager of Windows: making, starting, stopping and deleting one service. [advapi32, winsvc.h]"""

import ctypes
import time
from collections.abc import Sequence
from ctypes import wintypes
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from ..problems import AgentProblem

STOPPED, START_PENDING, STOP_PENDING, RUNNING = 1, 2, 3, 4
STATES = {STOPPED: "stopped", START_PENDING: "starting", STOP_PENDING: "stopping", RUNNING: "running"}
STATES |= {5: "continuing", 6: "pausing", 7: "paused"}

_MANAGER_ACCESS, _SERVICE_ACCESS = 0xF003F, 0xF01FF
_OWN_PROCESS, _AUTO_START, _ERROR_NORMAL, _NO_CHANGE = 0x10, 2, 1, 0xFFFFFFFF
_DESCRIPTION, _FAILURE_ACTIONS, _DELAYED_START, _FAILURE_FLAG = 1, 2, 3, 4
_RESTART = 1
_CONTROL_STOP = 1
_DENIED, _NOT_THERE, _RUNS_ALREADY, _NOT_ACTIVE, _DELETED_SOON, _LOCKED = 5, 1060, 1056, 1062, 1072, 1055


@dataclass(frozen=True)
class Definition:
    """What a service is. command: its whole command line, quoted; restarts: seconds to wait before the first, second
    and every later restart after a failure; forget: seconds after which earlier failures do not count."""

    name: str
    display: str
    description: str
    command: str
    restarts: Sequence[float] = (5, 15, 60)
    forget: int = 24 * 3600


class _Status(ctypes.Structure):
    _fields_ = [
        (name, wintypes.DWORD)
        for name in ("type", "state", "accepted", "exit_code", "specific", "checkpoint", "hint", "pid", "flags")
    ]


class _Action(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("delay", wintypes.DWORD)]


class _Actions(ctypes.Structure):
    _fields_ = [
        ("reset", wintypes.DWORD),
        ("reboot", wintypes.LPWSTR),
        ("command", wintypes.LPWSTR),
        ("count", wintypes.DWORD),
        ("actions", ctypes.POINTER(_Action)),
    ]


class _Text(ctypes.Structure):
    _fields_ = [("text", wintypes.LPWSTR)]


class _Flag(ctypes.Structure):
    _fields_ = [("on", wintypes.BOOL)]


class ServiceManager:
    """The open manager. `with ServiceManager() as manager`. Every method raises AgentProblem with what to do."""

    def __init__(self) -> None:
        self._api = _functions()
        self._manager: Any = None

    def __enter__(self) -> Self:
        self._manager = self._api.OpenSCManagerW(None, None, _MANAGER_ACCESS)
        if not self._manager:
            raise self._problem("The service manager cannot be opened")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._api.CloseServiceHandle(self._manager)

    def state(self, name: str) -> str:
        """running, stopped, starting, ...; "" when there is no such service."""
        handle = self._open(name)
        if handle is None:
            return ""
        try:
            return STATES.get(self._status(handle).state, "unknown")
        finally:
            self._api.CloseServiceHandle(handle)

    def put(self, wanted: Definition) -> bool:
        """Create the service, or change it to what is wanted; gives whether it was there before."""
        handle = self._open(wanted.name)
        there = handle is not None
        if handle is None:
            handle = self._api.CreateServiceW(
                self._manager,
                wanted.name,
                wanted.display,
                _SERVICE_ACCESS,
                _OWN_PROCESS,
                _AUTO_START,
                _ERROR_NORMAL,
                wanted.command,
                *[None] * 5,
            )
            if not handle:
                raise self._problem("The service cannot be created")
        elif not self._api.ChangeServiceConfigW(
            handle, _NO_CHANGE, _AUTO_START, _NO_CHANGE, wanted.command, *[None] * 5, wanted.display
        ):
            raise self._problem("The service cannot be changed")
        try:
            self._details(handle, wanted)
        finally:
            self._api.CloseServiceHandle(handle)
        return there

    def start(self, name: str, *, seconds: float = 60) -> None:
        """Start it and wait until it runs; one that runs is left alone."""
        with _Handle(self, name) as handle:
            deadline = time.monotonic() + seconds
            while not self._api.StartServiceW(handle, 0, None):
                error = _last_error()
                if error == _RUNS_ALREADY:
                    break
                if error != _LOCKED or time.monotonic() > deadline:
                    raise self._problem("The service cannot be started", error)
                time.sleep(0.2)
            self._wait(handle, RUNNING, deadline)

    def stop(self, name: str, *, seconds: float = 60) -> None:
        """Stop it and wait until it has ended; one that does not run is left alone."""
        with _Handle(self, name) as handle:
            status = _Status()
            deadline = time.monotonic() + seconds
            if not self._api.ControlService(handle, _CONTROL_STOP, ctypes.byref(status)):
                error = _last_error()
                if error == _NOT_ACTIVE:
                    return
                if self._status(handle).state != STOP_PENDING:
                    raise self._problem("The service cannot be stopped", error)
            self._wait(handle, STOPPED, deadline)

    def delete(self, name: str) -> None:
        """Delete a stopped service."""
        with _Handle(self, name) as handle:
            if not self._api.DeleteService(handle) and _last_error() != _DELETED_SOON:
                raise self._problem("The service cannot be deleted")

    def _details(self, handle: Any, wanted: Definition) -> None:
        """Description, recovery, and a start after those of the system. An old system may lack one; that is no reason
        to fail, except for the recovery."""
        change = self._api.ChangeServiceConfig2W
        change(handle, _DESCRIPTION, ctypes.byref(_Text(wanted.description)))
        change(handle, _DELAYED_START, ctypes.byref(_Flag(True)))
        actions = (_Action * len(wanted.restarts))(*[_Action(_RESTART, int(one * 1000)) for one in wanted.restarts])
        recovery = _Actions(wanted.forget, None, None, len(actions), actions)
        if not change(handle, _FAILURE_ACTIONS, ctypes.byref(recovery)):
            raise self._problem("Windows did not take what to do when the service fails")
        change(handle, _FAILURE_FLAG, ctypes.byref(_Flag(True)))

    def _open(self, name: str) -> Any:
        handle = self._api.OpenServiceW(self._manager, name, _SERVICE_ACCESS)
        if not handle and _last_error() != _NOT_THERE:
            raise self._problem(f"The service {name} cannot be opened")
        return handle or None

    def _status(self, handle: Any) -> _Status:
        status, needed = _Status(), wintypes.DWORD()
        self._api.QueryServiceStatusEx(handle, 0, ctypes.byref(status), ctypes.sizeof(status), ctypes.byref(needed))
        return status

    def _wait(self, handle: Any, wanted: int, deadline: float) -> None:
        while (status := self._status(handle)).state != wanted:
            ended = wanted == RUNNING and status.state == STOPPED
            if ended or time.monotonic() > deadline:
                raise AgentProblem(
                    f"The service is {STATES.get(status.state, 'unknown')} and not {STATES[wanted]} "
                    f"(exit code {status.specific or status.exit_code})",
                    remedy="See the log of the agent and the event log “Application”",
                )
            time.sleep(0.1)

    def _problem(self, what: str, error: int | None = None) -> AgentProblem:
        number = _last_error() if error is None else error
        if number == _DENIED:
            return AgentProblem("Only an administrator may change services", remedy="Open PowerShell as administrator")
        if number == _DELETED_SOON:
            return AgentProblem(
                "The old service waits to be deleted", remedy="Close the window “Services” and every viewer of it"
            )
        return AgentProblem(f"{what}: {ctypes.FormatError(number)} (error {number})")  # type: ignore[attr-defined,unused-ignore]


class _Handle:
    """An open service, which must be there."""

    def __init__(self, manager: ServiceManager, name: str) -> None:
        self._manager, self._name = manager, name
        self._handle: Any = None

    def __enter__(self) -> Any:
        self._handle = self._manager._open(self._name)
        if self._handle is None:
            raise AgentProblem(f"There is no service {self._name} on this machine")
        return self._handle

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._manager._api.CloseServiceHandle(self._handle)


def _last_error() -> int:
    number: int = ctypes.get_last_error()  # type: ignore[attr-defined,unused-ignore]
    return number


def _functions() -> Any:
    """advapi32 with handles as pointers; ctypes would cut them to 32 bits."""
    api: Any = ctypes.WinDLL("advapi32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    handle, text, number = ctypes.c_void_p, wintypes.LPCWSTR, wintypes.DWORD
    api.OpenSCManagerW.argtypes = [text, text, number]
    api.OpenServiceW.argtypes = [handle, text, number]
    api.CreateServiceW.argtypes = [handle, text, text, *[number] * 4, text, text, handle, text, text, text]
    api.ChangeServiceConfigW.argtypes = [handle, *[number] * 3, text, text, handle, *[text] * 4]
    for name in ("OpenSCManagerW", "OpenServiceW", "CreateServiceW"):
        getattr(api, name).restype = handle
    api.ChangeServiceConfig2W.argtypes = [handle, number, handle]
    api.StartServiceW.argtypes = [handle, number, handle]
    api.ControlService.argtypes = [handle, number, handle]
    api.QueryServiceStatusEx.argtypes = [handle, ctypes.c_int, handle, number, handle]
    for name in ("DeleteService", "CloseServiceHandle"):
        getattr(api, name).argtypes = [handle]
    return api
