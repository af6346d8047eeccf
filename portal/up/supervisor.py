"""Starts the children, waits for the portal to answer, and stops everything in order when asked."""

import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from .asking import ask
from .child import Child, Program
from .journal import Journal
from .places import redis_socket
from .redis_server import RedisMissing, redis_answers, redis_binary, redis_program
from .setup import Setup

# The order of stopping: docker clients are let go first, agents are told before their portal goes, jobs end before
# Redis does, the engine goes last.
STOP_ORDER = ("gateway", "node", "worker", "demo", "agent", "redis", "engine")
HEALTHY_SECONDS = 60.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StartFailed(Exception):
    """The portal cannot be started; the text says what to do."""


@dataclass
class Supervisor:
    """The children by name, and the two wishes of a person: stop, and stop at once."""

    setup: Setup
    journal: Journal
    children: dict[str, Child] = field(default_factory=dict)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)

    def keep(self, program: Program) -> Child:
        """Start `program` and keep it running until the end."""
        child = Child(program, self.journal)
        self.children[program.name] = child
        child.start()
        return child

    def wish(self, number: signal.Signals) -> None:
        """A stop signal came: the first asks for an orderly end, the second for an end at once."""
        if self.stopping.is_set():
            self.journal.tell("Ending at once.")
            self.hurry.set()
            return
        self.journal.tell(f"Stopping ({number.name}). Once more to end at once.")
        self.stopping.set()

    async def stop(self) -> None:
        """Stop every child, in the order above, each with its own limit of time."""
        names = sorted(self.children, key=lambda name: STOP_ORDER.index(name) if name in STOP_ORDER else -1)
        for name in names:
            await self.children[name].stop(self.hurry)

    def watch_signals(self) -> None:
        """Take over the stop signals. A hang-up that was ignored from the start (nohup) stays ignored."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self.wish, number)


def portal_environment(setup: Setup) -> dict[str, str]:
    """What the portal's own programs see: our environment and the address of the Redis in use."""
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL_FILE"}
    environment.update(
        REDIS_URL=setup.redis_url,
        PIERHEAD_DATA_DIR=setup.data_dir,
        DJANGO_SETTINGS_MODULE=os.environ.get("DJANGO_SETTINGS_MODULE", "portal.settings"),
        PYTHONUNBUFFERED="1",
        MALLOC_ARENA_MAX="2",  # glibc otherwise keeps an arena per thread
    )
    return environment


def portal_program(setup: Setup, name: str, *arguments: str, stop_seconds: float = 10.0) -> Program:
    """A program of the portal: `python ARGUMENTS` with its environment."""
    return Program(
        name,
        (sys.executable, *arguments),
        environment=portal_environment(setup),
        directory=Path(setup.base_dir),
        stop_seconds=stop_seconds,
        inherited=(setup.lock,),
    )


async def redis_start(supervisor: Supervisor) -> None:
    """Start the private Redis and wait for its answer. Raises StartFailed."""
    setup = supervisor.setup
    try:
        binary = redis_binary()
    except RedisMissing as error:
        raise StartFailed(str(error)) from error
    child = supervisor.keep(redis_program(binary, setup.data, (setup.lock,)))
    waiting = asyncio.create_task(redis_answers(redis_socket(setup.data)))
    stopping = asyncio.create_task(supervisor.stopping.wait())
    await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not waiting.done():
        waiting.cancel()
    elif not waiting.result():
        raise StartFailed(f"The private Redis did not start. Its last words: {child.last_line or 'none'}")


def portal_start(supervisor: Supervisor) -> None:
    """Start the portal node, the gateway of its byte streams and of Docker clients, and the worker."""
    setup = supervisor.setup
    supervisor.keep(portal_program(setup, "node", "-m", "portal.up.node"))
    supervisor.keep(portal_program(setup, "gateway", "manage.py", "docker_endpoint"))
    supervisor.keep(portal_program(setup, "worker", "-m", "portal.up.worker"))


async def portal_healthy(supervisor: Supervisor, seconds: float = HEALTHY_SECONDS) -> bool:
    """Whether /healthz says ok within `seconds`, or before somebody wants to stop."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit and not supervisor.stopping.is_set():
        try:
            answer = await ask(supervisor.setup.loopback, "/healthz", seconds=3.0)
        except OSError:
            answer = None
        if answer is not None and answer.status == 200:
            return True
        await asyncio.sleep(0.05)
    return False


def announce(supervisor: Supervisor) -> None:
    """Say where the portal is, and how the first administrator signs in."""
    setup, journal = supervisor.setup, supervisor.journal
    journal.announce(f"Pierhead is at {setup.public_url}")
    if setup.sign_in_link:
        journal.announce(f"Sign in once as the first administrator: {setup.sign_in_link}", keep=False)
