"""The process that the service control manager starts: it runs the agent, and answers the manager."""

import argparse
import asyncio
import ctypes
import logging
import logging.handlers
import sys
import threading
from collections.abc import Callable
from ctypes import wintypes
from pathlib import Path
from typing import Any

from ..agent import Agent
from ..policy import PolicyFile
from ..problems import AgentProblem
from ..state import StateDir
from .windows_events import INFORMATION, EventLogHandler, report
from .windows_policy import policy_path
from .windows_scm import RUNNING, START_PENDING, STOP_PENDING, STOPPED
from .windows_service import NAME

LOG_BYTES, LOG_FILES = 2 * 1024 * 1024, 5
_OWN_PROCESS = 0x10
_ACCEPTS = 0x1 | 0x4  # stop, shutdown
_STOP, _SHUTDOWN = 1, 5
_SPECIFIC_ERROR = 1066
_NOT_A_SERVICE = 1063

log = logging.getLogger("engine_agent")


def main() -> None:
    """The service's own process. Ends when the service has stopped."""
    parser = argparse.ArgumentParser(prog="pierhead-agent-service")
    parser.add_argument("--state-dir", type=Path, required=True)
    state_dir: Path = parser.parse_args().state_dir
    log_to_file(state_dir)
    try:
        _Service(lambda ready: run_agent(state_dir, ready)).dispatch()
    except AgentProblem as problem:
        log.error("%s. %s", problem.what, problem.remedy)
        sys.exit(problem.exit_code)


def log_to_file(state_dir: Path) -> None:
    """Everything into files of the state folder that do not grow for ever; errors into the event log too."""
    folder = state_dir / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    file = logging.handlers.RotatingFileHandler(
        folder / "agent.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
    )
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=[file, EventLogHandler()],
    )
    logging.getLogger("websockets").setLevel(logging.WARNING)


def run_agent(state_dir: Path, ready: Callable[[Callable[[], None]], None]) -> None:
    """Run the agent; `ready` is called with what stops it. Raises AgentProblem."""
    state = StateDir(state_dir)
    enrolled, key = state.enrolled(), state.known_key()
    state.prepare()
    held = state.lock()

    async def serve() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def end() -> None:
            loop.call_soon_threadsafe(stop.set)

        ready(end)
        await Agent(state, enrolled, key, policy=PolicyFile(policy_path())).run(stop)

    asyncio.run(serve())
    log.info("stopped; let go of lock %d", held)


class _Status(ctypes.Structure):
    _fields_ = [
        (name, wintypes.DWORD) for name in ("type", "state", "accepts", "exit_code", "specific", "checkpoint", "hint")
    ]


class _Service:
    """Between the service control manager and `work`, which runs in the manager's own thread for us."""

    def __init__(self, work: Callable[[Callable[[Callable[[], None]], None]], None]) -> None:
        self._work = work
        self._stop: Callable[[], None] | None = None
        self._wanted_stop = threading.Event()
        self._handle: Any = None
        self._checkpoint = 0
        self._api: Any = ctypes.WinDLL("advapi32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
        self._api.RegisterServiceCtrlHandlerExW.restype = ctypes.c_void_p
        function = ctypes.WINFUNCTYPE  # type: ignore[attr-defined,unused-ignore]
        self._main_type = function(None, wintypes.DWORD, ctypes.c_void_p)
        self._handler_type = function(wintypes.DWORD, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, ctypes.c_void_p)
        # The manager calls these for as long as the process lives, so they are kept.
        self._main = self._main_type(self._service_main)
        self._handler = self._handler_type(self._control)

    def dispatch(self) -> None:
        """Hand this thread to the manager until the service has stopped. Raises AgentProblem."""

        class Entry(ctypes.Structure):
            _fields_ = [("name", wintypes.LPWSTR), ("main", self._main_type)]

        table = (Entry * 2)(Entry(NAME, self._main), Entry(None, self._main_type()))
        if not self._api.StartServiceCtrlDispatcherW(table):
            error: int = ctypes.get_last_error()  # type: ignore[attr-defined,unused-ignore]
            if error == _NOT_A_SERVICE:
                raise AgentProblem(
                    "This program is started by the service manager alone", remedy="Type “engine-agent service install”"
                )
            raise AgentProblem(f"The service manager did not take this service (error {error})")

    def _service_main(self, count: int, words: Any) -> None:
        self._handle = self._api.RegisterServiceCtrlHandlerExW(ctypes.c_wchar_p(NAME), self._handler, None)
        if not self._handle:
            return
        self._tell(START_PENDING, hint=30_000)
        failed = 0
        try:
            self._work(self._running)
        except AgentProblem as problem:
            failed = problem.exit_code or 1
            log.error("%s. %s", problem.what, problem.remedy)
        except BaseException:
            failed = 1
            log.exception("the agent ended by a mistake of its own")
        if not failed:
            report(INFORMATION, "The Pierhead agent has stopped.")
        logging.shutdown()
        self._tell(STOPPED, failed=failed)

    def _running(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._tell(RUNNING)
        report(INFORMATION, "The Pierhead agent has started.")
        if self._wanted_stop.is_set():
            stop()

    def _control(self, control: int, kind: int, data: Any, context: Any) -> int:
        if control in (_STOP, _SHUTDOWN):
            self._tell(STOP_PENDING, hint=25_000)
            self._wanted_stop.set()
            if self._stop is not None:
                self._stop()
        return 0

    def _tell(self, state: int, *, hint: int = 0, failed: int = 0) -> None:
        pending = state in (START_PENDING, STOP_PENDING)
        self._checkpoint = self._checkpoint + 1 if pending else 0
        status = _Status(
            _OWN_PROCESS,
            state,
            0 if state in (START_PENDING, STOPPED) else _ACCEPTS,
            _SPECIFIC_ERROR if failed else 0,
            failed,
            self._checkpoint,
            hint,
        )
        self._api.SetServiceStatus(ctypes.c_void_p(self._handle), ctypes.byref(status))


if __name__ == "__main__":
    main()
