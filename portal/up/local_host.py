"""This machine as the first host: find its engine or start one, enrol it once, keep its agent running."""

import asyncio
import json
import os
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

from .asking import ask
from .backoff import Backoff
from .child import Child, Program, ending, run_once
from .engine_search import FoundEngine, engine_at, engine_candidates, engine_search
from .engine_start import (
    Machine,
    Step,
    engine_install,
    engine_program,
    engine_remedy,
    machine_look,
    service_start,
)
from .places import engine_socket
from .supervisor import Supervisor, portal_program

_PORTAL_ONLY = re.compile(
    r"PIERHEAD_.*|DATABASE_URL.*|REDIS_URL.*|DJANGO_.*|(http|https|all)_proxy", re.IGNORECASE
).fullmatch

LOOK_SECONDS = 3.0
ENGINE_START_SECONDS = 60.0
ENROL_SECONDS = 60.0
TOKEN_SECONDS = 240.0  # it lives for 300
RECORD = "local-host.json"


@dataclass(frozen=True)
class Enrolled:
    """What is remembered of the local host. engine: its address; own: whether we start that engine ourselves."""

    engine: str
    own: bool


def enrolled_read(data_dir: Path) -> Enrolled | None:
    """The record of an earlier enrolment."""
    try:
        return Enrolled(**json.loads((data_dir / RECORD).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def enrolled_write(data_dir: Path, enrolled: Enrolled) -> None:
    """Remember it, whole or not at all."""
    temporary = data_dir / f"{RECORD}.new"
    temporary.write_text(json.dumps(asdict(enrolled)))
    temporary.replace(data_dir / RECORD)


class MachineLook(Protocol):
    """How the machine is looked at; see engine_start.machine_look."""

    async def __call__(self, *, denied: bool) -> Machine: ...


class LocalHost:
    """The life of the local host within one start."""

    def __init__(
        self, supervisor: Supervisor, candidates: list[Path] | None = None, look: MachineLook = machine_look
    ) -> None:
        self._supervisor = supervisor
        self._look = look
        self._setup = supervisor.setup
        self._journal = supervisor.journal
        self._data = supervisor.setup.data
        self._own_socket = engine_socket(self._data)
        self._candidates = candidates or engine_candidates(os.environ, Path.home(), os.getuid())

    async def run(self) -> None:
        """Until the agent runs; the supervisor keeps it from then on."""
        enrolled = enrolled_read(self._data)
        if enrolled is None:
            engine = await self._engine()
            if engine is None or not await self._portal_answers():
                return
            await self._enrol_at_last(engine)
            enrolled = Enrolled(engine.address, engine.socket == self._own_socket)
            enrolled_write(self._data, enrolled)
            self._journal.tell(f"This machine is enrolled as a host (engine {engine.version}, {engine.socket}).")
        elif enrolled.own:
            await self._start_own(await self._look(denied=False))
        else:
            await self._revive(enrolled)
        if await self._portal_answers():  # an agent that dials too early would wait longer after each attempt
            self._supervisor.keep(self._agent("run", "--state-dir", str(self._data / "agent")))

    async def _engine(self) -> FoundEngine | None:
        """This machine's engine; where none answers, what the machine allows is tried once, then it is waited for."""
        search = await engine_search(self._candidates)
        if search.found is None:
            await self._remedy(search.denied)
        while not self._supervisor.stopping.is_set():
            search = await engine_search([*self._candidates, self._own_socket])
            if search.found is not None:
                return search.found
            await asyncio.sleep(LOOK_SECONDS)
        return None

    async def _revive(self, enrolled: Enrolled) -> None:
        """The engine of an enrolled host is down: start its service where we may, else say how. The agent waits."""
        socket = Path(enrolled.engine.removeprefix("unix://"))
        denied = False
        try:
            if await engine_at(socket) is not None:
                return
        except PermissionError:
            denied = True
        machine = await self._look(denied=denied)
        remedy = engine_remedy(machine)
        if remedy.step is Step.SERVICE and socket == Path("/var/run/docker.sock"):
            await service_start(machine, self._journal)
        elif remedy.step is Step.ADVICE:
            self._advise(remedy.line)
        else:
            self._journal.tell(f"The engine at {socket} does not answer yet; the agent waits for it.")

    async def _remedy(self, denied: tuple[Path, ...]) -> None:
        machine = await self._look(denied=any(socket.name == "docker.sock" for socket in denied))
        remedy = engine_remedy(machine)
        if remedy.step is Step.INSTALL:
            if await engine_install(machine, self._journal) and (await engine_search(self._candidates)).found:
                return
            machine = await self._look(denied=False)
            remedy = engine_remedy(machine)
        if remedy.step is Step.SERVICE:
            await service_start(machine, self._journal)
            search = await engine_search(self._candidates)
            if search.found is None:
                remedy = engine_remedy(await self._look(denied=bool(search.denied)))
        elif remedy.step is Step.CHILD:
            await self._start_own(machine)
        if remedy.step in {Step.ADVICE, Step.INSTALL}:  # a second INSTALL: the first one failed
            packages = "apt-get install --no-install-recommends docker.io iptables"
            self._advise(remedy.line or (packages if machine.root else f"sudo {packages}"))

    def _advise(self, line: str) -> None:
        self._journal.tell("No Docker Engine can be reached on this machine. The portal runs without it; type this:")
        self._journal.tell(f"    {line}")
        self._journal.tell("It is enrolled as the first host as soon as it answers.")

    async def _start_own(self, machine: Machine) -> None:
        """Start an engine of our own and wait until it answers or gives up."""
        if machine.dockerd is None:
            self._advise("apt-get install --no-install-recommends docker.io iptables")
            return
        self._journal.tell("Starting a Docker Engine for this machine; it ends with Pierhead.")
        child = self._supervisor.keep(engine_program(machine.dockerd, self._data))
        if not await self._answers(child):
            self._journal.tell(f"The Docker Engine did not start; see {self._data / 'logs' / 'engine.log'}.")

    async def _answers(self, child: Child) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(ENGINE_START_SECONDS):
                while not child.gave_up.is_set() and not self._supervisor.stopping.is_set():
                    if await engine_at(self._own_socket, seconds=2.0) is not None:
                        return True
                    await asyncio.sleep(0.1)
        return False

    async def _portal_answers(self) -> bool:
        while not self._supervisor.stopping.is_set():
            with suppress(OSError):
                if (await ask(self._setup.loopback, "/healthz", seconds=3.0)).status == 200:
                    return True
            await asyncio.sleep(0.1)
        return False

    async def _enrol_at_last(self, engine: FoundEngine) -> None:
        """Until this machine is a host: make a token, spend it, and try again with the same one while it is fresh."""
        backoff = Backoff(first=LOOK_SECONDS)
        token, made_at = "", 0.0
        while True:
            if not token or time.monotonic() - made_at > TOKEN_SECONDS:
                token, made_at = await self._token(), time.monotonic()
            if token and await self._enrol(engine, token):
                return
            await asyncio.sleep(backoff.after(0))

    async def _token(self) -> str:
        """A fresh enrolment token; "" when none could be made."""
        making = portal_program(self._setup, "up", "-m", "portal.up.enrolment")
        code, token = await run_once(making, self._journal, ENROL_SECONDS)
        return token.strip() if code == 0 else ""

    async def _enrol(self, engine: FoundEngine, token: str) -> bool:
        """Spend the token. True: this machine is a host now."""
        arguments = ("--portal", self._setup.local_url, "--token", token, "--engine", engine.address)
        enrolling = self._agent("enrol", *arguments, "--state-dir", str(self._data / "agent"))
        code, said = await run_once(enrolling, self._journal, ENROL_SECONDS)
        if code != 0:
            self._journal.tell(f"The agent could not enrol: it {ending(code)}. {said.strip()[-400:]}")
        return code == 0

    def _agent(self, *arguments: str) -> Program:
        """The agent, which gets none of the portal's secrets and dials this machine directly, not through a proxy."""
        program = portal_program(self._setup, "agent", "-m", "engine_agent", *arguments)
        kept = {name: value for name, value in program.environment.items() if not _PORTAL_ONLY(name)}
        return replace(program, environment=kept)
