"""One terminal: an exec session or the container's own input and output, and everybody who looks at it."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from hosts.engine_calls import EngineLine, engine_line
from hosts.engine_calls.frames import Demultiplexer
from hosts.engine_calls.line import Opener
from hosts.engine_calls.permits import Permit, permit_require
from portal.problems import Conflict, Problem

from .ring import KEPT, Ring
from .shells import failure_of

log = logging.getLogger(__name__)

IDLE_SECONDS = 3600.0  # without a key
ALONE_SECONDS = 900.0  # without anybody who looks
LOOK_EVERY = 5.0
AHEAD = 256 * 1024  # what the fastest viewer may be behind before the engine has to wait
EXEC, ATTACH = "exec", "attach"


@dataclass(frozen=True)
class Wish:
    """What to open. words: for kind "exec". title: how the person chose it, e.g. "bash"."""

    kind: str
    words: tuple[str, ...] = ()
    title: str = ""
    user: str = ""
    columns: int = 80
    rows: int = 24

    @property
    def label(self) -> str:
        return (self.title or " ".join(self.words))[:120] if self.kind == EXEC else ATTACH


@dataclass(eq=False)
class Viewer:
    """Somebody who looks. position: how far they have been sent."""

    user_id: int
    label: str
    position: int = 0
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    changed: bool = True


class Session:
    """See the module. Everything happens in the loop of the portal node."""

    def __init__(
        self, permit: Permit, wish: Wish, *, user_id: int, opener: Opener, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.id = secrets.token_urlsafe(18)
        self.permit, self.wish, self.user_id = permit, wish, user_id
        self.ring = Ring()
        self.viewers: set[Viewer] = set()
        self.share = ""  # "", "read" or "control"
        self.size = (wish.columns, wish.rows)
        self.ended = False
        self.ending = ""  # why, for people
        self.exit_code: int | None = None
        self.typed = 0
        self.began = clock()
        self.on_end: Callable[[Session], None] | None = None
        self.recorder: Callable[[bytes], None] | None = None
        self.resized: Callable[[int, int], None] | None = None
        self._clock, self._opener = clock, opener
        self._line: EngineLine | None = None
        self._exec = ""
        self._key_at = self._seen_at = clock()
        self._taken = asyncio.Event()
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue(maxsize=256)
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run())
        self._guard = asyncio.create_task(self._watch())

    async def opened(self) -> None:
        """Until the terminal is there. Raises the Problem that prevents it."""
        await asyncio.shield(self._ready)

    def may_control(self, user_id: int) -> bool:
        return user_id == self.user_id or self.share == "control"

    def may_look(self, user_id: int) -> bool:
        return user_id == self.user_id or bool(self.share)

    def join(self, viewer: Viewer) -> None:
        self.viewers.add(viewer)
        self._seen_at = self._clock()
        self.tell()

    def leave(self, viewer: Viewer) -> None:
        self.viewers.discard(viewer)
        self._seen_at = self._clock()
        self.tell()

    def tell(self) -> None:
        """Everybody learns what has changed beside the output."""
        for viewer in self.viewers:
            viewer.changed = True
            viewer.woken.set()

    def took(self) -> None:
        """A viewer was sent more: the engine may be read on."""
        self._taken.set()

    def type(self, data: bytes) -> None:
        """Keys. Raises Conflict when the program does not read them."""
        self._key_at = self._clock()
        self.typed += len(data)
        try:
            self._pieces.put_nowait(data)
        except asyncio.QueueFull:
            raise Conflict("The program does not read what is typed.") from None

    async def resize(self, columns: int, rows: int) -> None:
        """Tell the engine the new size. A container that has gone meanwhile is no mistake."""
        if self.resized is not None and self.size != (columns, rows):
            self.resized(columns, rows)
        self.size = (columns, rows)
        self.tell()
        where = f"/exec/{self._exec}" if self._exec else f"/containers/{quote(self.permit.cid)}"
        try:
            async with engine_line(self.permit.host_id, opener=self._opener) as line:
                await line.ask("POST", f"{where}/resize?h={rows}&w={columns}")
        except Problem:
            log.debug("The size was not taken.", exc_info=True)

    async def end(self, reason: str) -> None:
        """End it; what was started in it is asked to go."""
        if self.ended:
            return
        self.ending = self.ending or reason
        if self._line is not None and self.wish.kind == EXEC:
            try:
                async with asyncio.timeout(2):
                    await self._line.write(b"\x03\x04")
            except (Problem, TimeoutError):
                log.debug("The program could not be told.", exc_info=True)
        self._task.cancel()

    async def _watch(self) -> None:
        while not self.ended:
            await asyncio.sleep(LOOK_EVERY)
            now = self._clock()
            if now - self._key_at > IDLE_SECONDS:
                await self.end(f"Nobody typed for {IDLE_SECONDS / 60:.0f} minutes.")
            elif not self.viewers and now - self._seen_at > ALONE_SECONDS:
                await self.end("Nobody looked at it any more.")

    async def _run(self) -> None:
        try:
            async with engine_line(self.permit.host_id, opener=self._opener) as line:
                await self._talk(line)
        except Problem as problem:
            self.ending = self.ending or str(problem.detail or problem.title)
            if not self._ready.done():
                self._ready.set_exception(problem)
                self._ready.exception()  # whoever waits gets it; nobody may wait any more
        except asyncio.CancelledError:
            pass
        except Exception:
            log.exception("A terminal broke.")
            self.ending = "The portal made a mistake here. It is in its log."
        finally:
            if not self._ready.done():
                self._ready.set_exception(Conflict(self.ending or "It was ended."))
                self._ready.exception()
            self.ended = True
            self._guard.cancel()
            self.tell()
            if self.on_end is not None:
                self.on_end(self)

    async def _talk(self, line: EngineLine) -> None:
        found = await line.json("GET", f"/containers/{quote(self.permit.cid)}/json")
        if not found["State"]["Running"]:
            raise Conflict(f"{self.permit.name} is not running. Start it first.", code="container-not-running")
        tty = True
        if self.wish.kind == EXEC:
            await self._start_exec(line, found)
        else:
            tty = bool(found["Config"]["Tty"])
            await self._attach(line, found)
        self._line = line
        self._ready.set_result(None)
        sizer = asyncio.create_task(self.resize(*self.size))
        writer = asyncio.create_task(self._write(line))
        try:
            await self._read(line, Demultiplexer(tty=tty))
        finally:
            writer.cancel()
            sizer.cancel()
        if self._exec:
            await self._result()
        else:
            self.ending = self.ending or "The container has ended, or let go of this terminal."

    async def _start_exec(self, line: EngineLine, found: dict[str, Any]) -> None:
        cid = self.permit.cid
        body = {
            "AttachStdin": True,
            "AttachStdout": True,
            "AttachStderr": True,
            "Tty": True,
            "Cmd": list(self.wish.words),
            "User": self.wish.user,
            **({} if self.permit.os == "windows" else {"Env": ["TERM=xterm-256color"]}),
        }
        permit_require(self.permit, "POST", f"/containers/{cid}/exec", body=body, document=found)
        made = await line.json("POST", f"/containers/{quote(cid)}/exec", body)
        self._exec = str(made["Id"])
        await line.ask("POST", f"/exec/{self._exec}/start", body=b'{"Detach":false,"Tty":true}', upgrade=True)

    async def _attach(self, line: EngineLine, found: dict[str, Any]) -> None:
        cid = self.permit.cid
        permit_require(self.permit, "POST", f"/containers/{cid}/attach", document=found)
        query = "stream=1&stdout=1&stderr=1" + ("&stdin=1" if found["Config"]["OpenStdin"] else "")
        await line.ask("POST", f"/containers/{quote(cid)}/attach?{query}", upgrade=True)

    async def _read(self, line: EngineLine, demux: Demultiplexer) -> None:
        while piece := await line.read():
            for _kind, data in demux.feed(piece):
                self.ring.add(data)
                if self.recorder is not None:
                    self.recorder(data)
            for viewer in self.viewers:
                viewer.woken.set()
            await self._room()

    async def _room(self) -> None:
        """The engine waits while nobody keeps up: it blocks the program, as a slow terminal does."""
        while True:
            self._taken.clear()
            ahead = AHEAD if self.viewers else KEPT
            seen = max((viewer.position for viewer in self.viewers), default=self._unseen)
            if self.ring.end - seen <= ahead:
                if self.viewers:
                    self._unseen = self.ring.end
                return
            try:
                async with asyncio.timeout(1):
                    await self._taken.wait()
            except TimeoutError:
                continue

    _unseen = 0

    async def _write(self, line: EngineLine) -> None:
        while True:
            await line.write(await self._pieces.get())

    async def _result(self) -> None:
        async with engine_line(self.permit.host_id, opener=self._opener) as line:
            found = await line.json("GET", f"/exec/{self._exec}/json")
        self.exit_code = found.get("ExitCode")
        _at, text = self.ring.since(0, KEPT)
        failure = failure_of(self.exit_code, text, list(self.wish.words)) if len(text) < 4000 else ""
        self.ending = self.ending or failure or f"It ended with exit code {self.exit_code}."
