"""The Windows event log: starts, stops and errors of the agent, in the log “Application”."""

import ctypes
import logging
from typing import Any

SOURCE = "PierheadAgent"
KEY = rf"SYSTEM\CurrentControlSet\Services\EventLog\Application\{SOURCE}"
# A program of Windows itself whose messages 1 to 1000 are nothing but the text given to them.
MESSAGES = r"%SystemRoot%\System32\EventCreate.exe"
ERROR, WARNING, INFORMATION = 0x1, 0x2, 0x4
_EVENT = 100
_MAX_TEXT = 30_000


def source_add() -> None:
    """Register the source, so that the viewer shows our texts as they are. Raises OSError."""
    registry = _registry()
    with registry.CreateKey(registry.HKEY_LOCAL_MACHINE, KEY) as key:
        registry.SetValueEx(key, "EventMessageFile", 0, registry.REG_EXPAND_SZ, MESSAGES)
        registry.SetValueEx(key, "TypesSupported", 0, registry.REG_DWORD, ERROR | WARNING | INFORMATION)


def source_remove() -> None:
    """Take the source out again; one that is not there does no harm."""
    registry = _registry()
    try:
        registry.DeleteKey(registry.HKEY_LOCAL_MACHINE, KEY)
    except FileNotFoundError:
        return


def report(kind: int, text: str) -> bool:
    """Write one event; gives whether the system took it."""
    advapi = ctypes.WinDLL("advapi32")  # type: ignore[attr-defined,unused-ignore]
    advapi.RegisterEventSourceW.restype = ctypes.c_void_p
    handle = advapi.RegisterEventSourceW(None, ctypes.c_wchar_p(SOURCE))
    if not handle:
        return False
    texts = (ctypes.c_wchar_p * 1)(text[:_MAX_TEXT])
    done = advapi.ReportEventW(ctypes.c_void_p(handle), kind, 0, _EVENT, None, 1, 0, texts, None)
    advapi.DeregisterEventSource(ctypes.c_void_p(handle))
    return bool(done)


class EventLogHandler(logging.Handler):
    """Errors of the agent's log as events."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            report(ERROR, self.format(record))
        except Exception:
            self.handleError(record)


def _registry() -> Any:
    import winreg

    return winreg
