"""What the sockets of logs, terminals and stats share: who is there, flow control, endings with a code.

browser -> portal   {"ack": bytes}   taken since the connection began
                    {"ping": 1}
portal -> browser   {"problem": {"title", "detail", "code"}}   then the connection is closed
                    {"pong": 1}
close codes         4400 malformed, 4401 signed out, 4403 not allowed (any more), 4404 not there, 4408 silent,
                    4429 too many sockets of one user
"""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from hosts.engine_calls.credit import Credit
from hosts.wakes import loop_use
from portal.people.access import Actor
from portal.problems import NotAllowed, NotFound, Problem, SignInNeeded, TooMany

from .session import session_actor

log = logging.getLogger(__name__)

MALFORMED, SIGNED_OUT, NOT_ALLOWED, NOT_THERE, SILENT, TOO_MANY = 4400, 4401, 4403, 4404, 4408, 4429
WINDOW = 512 * 1024
MAX_MESSAGE = 64 * 1024
SILENT_AFTER = 60.0
CHECK_EVERY = 20.0
SOCKETS_PER_USER = 40  # per portal node and kind

_sockets: Counter[tuple[str, int]] = Counter()


class WatchingConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Subclasses give `opened` and `heard`, and may give `still` (raise a Problem when it must end) and `left`."""

    kind = "watch"

    async def opened(self) -> None:
        """The socket is open and `self.actor` known."""

    async def heard(self, message: dict[str, Any]) -> None:
        """A message of the browser that is not of this class's own."""

    async def heard_bytes(self, data: bytes) -> None:
        """A binary frame of the browser."""

    async def still(self) -> None:
        """Called every CHECK_EVERY seconds with a fresh `self.actor`."""

    async def left(self) -> None:
        """The socket has closed."""

    async def connect(self) -> None:
        loop_use()
        self.credit = Credit(WINDOW)
        self.tasks: set[asyncio.Task[None]] = set()
        self.heard_at = time.monotonic()
        self.counted: tuple[str, int] | None = None
        self.ending = False
        await self.accept()
        try:
            self.actor: Actor = await sync_to_async(session_actor, thread_sensitive=False)(self.scope)
            self._count()
            await self.opened()
        except Problem as problem:
            await self.fail(problem)
            return
        self.begin(self._guard())

    def _count(self) -> None:
        assert self.actor.user is not None  # noqa: S101 - a session has a user
        key = (self.kind, self.actor.user.pk)
        if _sockets[key] >= SOCKETS_PER_USER:
            raise TooMany("You have too many of these open. Close some of their pages.")
        _sockets[key] += 1
        self.counted = key

    async def disconnect(self, code: int) -> None:
        if self.counted:
            _sockets[self.counted] -= 1
            if _sockets[self.counted] <= 0:
                del _sockets[self.counted]
            self.counted = None
        for task in list(self.tasks):
            if task is not asyncio.current_task():
                task.cancel()
        await self.left()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.heard_at = time.monotonic()
        if self.ending or self.counted is None:
            return
        try:
            if bytes_data is not None:
                await self.heard_bytes(bytes_data)
                return
            message = json.loads(text_data or "")
            if not isinstance(message, dict) or len(text_data or "") > MAX_MESSAGE:
                raise ValueError
            await self._heard(message)
        except Problem as problem:
            await self.fail(problem)
        except (ValueError, TypeError, KeyError, RecursionError):
            await self.close(MALFORMED)

    async def _heard(self, message: dict[str, Any]) -> None:
        if "ping" in message:
            await self.say({"pong": 1})
        elif "ack" in message:
            self.credit.taken(int(message["ack"]))
        else:
            await self.heard(message)

    async def say(self, message: dict[str, Any]) -> None:
        """A message that does not count: small and rare."""
        await self.send(text_data=json.dumps(message, separators=(",", ":")))

    async def say_counted(self, message: dict[str, Any]) -> None:
        """A message that the browser acknowledges. Wait for `self.credit.room()` before more is read for it."""
        text = json.dumps(message, separators=(",", ":"))
        self.credit.spend(len(text))
        await self.send(text_data=text)

    async def send_counted(self, data: bytes) -> None:
        """The same for bytes."""
        self.credit.spend(len(data))
        await self.send(bytes_data=data)

    async def fail(self, problem: Problem) -> None:
        """Say why, and close."""
        if self.ending:
            return
        self.ending = True
        codes: dict[type[Problem], int] = {SignInNeeded: SIGNED_OUT, NotAllowed: NOT_ALLOWED, NotFound: NOT_THERE}
        code = next((value for kind, value in codes.items() if isinstance(problem, kind)), NOT_THERE)
        if isinstance(problem, TooMany):
            code = TOO_MANY
        text = {"title": str(problem.title), "detail": str(problem.detail), "code": problem.code}
        try:
            await self.say({"problem": text})
            await self.close(code)
        except Exception:  # it has gone by itself meanwhile
            log.debug("The socket was closed already.", exc_info=True)

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run beside; a Problem in it ends the socket with its words."""

        async def run() -> None:
            try:
                await work
            except Problem as problem:
                await self.fail(problem)
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("A %s socket cannot go on.", self.kind)
                await self.fail(Problem("The portal made a mistake here. It is in its log."))

        task = asyncio.create_task(run())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def _guard(self) -> None:
        while time.monotonic() - self.heard_at < SILENT_AFTER:
            await asyncio.sleep(CHECK_EVERY)
            self.actor = await sync_to_async(session_actor, thread_sensitive=False)(self.scope)
            await self.still()
        self.ending = True
        await self.close(SILENT)
