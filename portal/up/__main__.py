"""The supervisor: `python -m portal.up DESCRIPTOR`, started by `manage.py up`, which has prepared everything."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Coroutine
from typing import Any

from .child import run_once
from .journal import Journal
from .local_host import LocalHost
from .places import private_directory
from .setup import Setup, setup_take_over
from .supervisor import (
    StartFailed,
    Supervisor,
    announce,
    portal_healthy,
    portal_program,
    portal_start,
    redis_start,
)


async def supervise(setup: Setup, journal: Journal) -> int:
    """Run the portal until somebody wants it to stop; returns the exit code."""
    supervisor = Supervisor(setup, journal)
    supervisor.watch_signals()
    code = 0
    tasks: list[asyncio.Task[None]] = []
    try:
        if setup.own_redis:
            await redis_start(supervisor)
        if not supervisor.stopping.is_set():
            portal_start(supervisor)
            tasks = _side_tasks(supervisor)
            if await portal_healthy(supervisor):
                announce(supervisor)
            elif not supervisor.stopping.is_set():
                journal.tell(f"{setup.local_url}/healthz does not say ok yet; its answer names the part that fails.")
                tasks.append(asyncio.create_task(_announce_later(supervisor)))
        await supervisor.stopping.wait()
    except StartFailed as error:
        journal.tell(str(error))
        code = 1
    for task in tasks:
        task.cancel()
    await _until_done(tasks, supervisor.hurry)
    await supervisor.stop()
    journal.tell("Stopped.")
    return code


async def _until_done(tasks: list[asyncio.Task[None]], hurry: asyncio.Event) -> None:
    hurrying = asyncio.create_task(hurry.wait())
    for task in tasks:
        await asyncio.wait({task, hurrying}, return_when=asyncio.FIRST_COMPLETED)
    hurrying.cancel()


def _side_tasks(supervisor: Supervisor) -> list[asyncio.Task[None]]:
    tasks = []
    if supervisor.setup.local_host:
        tasks.append(asyncio.create_task(_guarded(supervisor, "local host", LocalHost(supervisor).run())))
    if supervisor.setup.demo:
        tasks.append(asyncio.create_task(_guarded(supervisor, "demo", _demo(supervisor))))
    return tasks


async def _guarded(supervisor: Supervisor, what: str, work: Coroutine[Any, Any, None]) -> None:
    """A fault beside the portal (a full disk while installing, say) is told and never ends the portal."""
    try:
        await work
    except Exception as error:  # whatever it is, the portal goes on
        supervisor.journal.tell(f"The {what} could not be set up: {error!r}")


async def _announce_later(supervisor: Supervisor) -> None:
    while not supervisor.stopping.is_set():
        if await portal_healthy(supervisor):
            announce(supervisor)
            return


async def _demo(supervisor: Supervisor) -> None:
    if await portal_healthy(supervisor, seconds=600):
        await run_once(portal_program(supervisor.setup, "demo", "-m", "portal.up.demo"), supervisor.journal, 900)


def main(arguments: list[str]) -> int:
    setup = setup_take_over(int(arguments[0]))
    os.set_inheritable(setup.lock, False)  # from here on a child gets it only when told so
    journal = Journal(private_directory(setup.data / "logs"))
    try:
        return asyncio.run(supervise(setup, journal))
    except KeyboardInterrupt:
        return 130
    finally:
        with contextlib.suppress(OSError):
            journal.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
