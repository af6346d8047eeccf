"""A file on its way into a container, over /ws/upload/{host}/{container}/.

browser -> portal   {"put": {"folder", "name", "size"}} once
                    bytes: what is in the file, in its order, PIECE at most in one message
                    {"cancel": 1}
portal -> browser   {"take": bytes, "written": bytes}   so many in all may have been sent; so many went on to the host
                    {"done": path}                      the engine has the whole file; then the connection is closed

Daphne takes a form's file whole before anything of it goes on; here the browser sends what the host has taken, and
WINDOW beyond it. What is cut off leaves a part of the file in the container, as with `docker cp`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async

from hosts.engine_calls.line import Opener
from hosts.engine_calls.permits import Permit, permit_to_operate
from hosts.files.browsing import file_put
from hosts.files.paths import joined, name_clean, path_clean
from hosts.gateway.streams import open_stream
from hosts.services.terminals import terminal_audit
from portal.problems import Invalid, NotAllowed

from .watching import WatchingConsumer

WINDOW = 1024 * 1024  # of a file, held here at most
PIECE = 128 * 1024
MAX_SIZE = 1024**4
TELL_EVERY = 128 * 1024
WRITTEN = 1000  # the close code of a file that is whole


@dataclass(frozen=True)
class Wish:
    """folder: a path in the container. size: bytes."""

    folder: str
    name: str
    size: int

    @property
    def path(self) -> str:
        return joined(self.folder, self.name)


class UploadConsumer(WatchingConsumer):
    kind = "upload"
    opener: Opener = staticmethod(open_stream)
    wish: Wish | None = None
    whole = False

    async def opened(self) -> None:
        self.pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self.got = self.written = 0
        self.permit = await self._permit()

    async def _permit(self) -> Permit:
        names = self.scope["url_route"]["kwargs"]
        return await permit_to_operate(self.actor, names["host_id"], names["cid"])

    async def still(self) -> None:
        self.permit = await self._permit()

    async def heard(self, message: dict[str, Any]) -> None:
        if "cancel" in message:
            await self.close(WRITTEN)
            return
        if self.wish is not None:
            raise ValueError
        told = message["put"]
        size = told["size"]
        if not isinstance(size, int) or isinstance(size, bool):
            raise ValueError
        if not 0 <= size <= MAX_SIZE:
            raise Invalid(f"A file of 0 to {MAX_SIZE // 1024**3} GiB can be uploaded.")
        self.wish = Wish(path_clean(str(told["folder"])), name_clean(str(told["name"])), size)
        self.begin(self._put(self.wish))

    async def heard_bytes(self, data: bytes) -> None:
        if self.wish is None:
            raise ValueError
        self.got += len(data)
        if self.got > min(self.wish.size, self.written + WINDOW):
            raise Invalid("The browser sent more than was asked for. Load the page again, and then the file.")
        self.pieces.put_nowait(data)

    async def _put(self, wish: Wish) -> None:
        try:
            await self._audit("file.upload", size=wish.size)
            await file_put(self.permit, wish.folder, wish.name, wish.size, self._content(wish), opener=self.opener)
        except NotAllowed as problem:
            await self._audit("file.upload", denied=problem)
            raise
        self.whole = True
        await self.say({"done": wish.path})
        self.ending = True
        await self.close(WRITTEN)

    async def _content(self, wish: Wish) -> AsyncIterator[bytes]:
        """What comes from the browser, which is told to send more with each bit that has gone on."""
        told = -TELL_EVERY
        while self.written < wish.size:
            if self.written - told >= TELL_EVERY:
                told = self.written
                await self.say({"take": self.written + WINDOW, "written": self.written})
            data = await self.pieces.get()
            yield data
            self.written += len(data)
        await self.say({"take": self.written, "written": self.written})

    async def left(self) -> None:
        if self.wish is not None and not self.whole:
            await self._audit("file.upload-cut", written=self.written, size=self.wish.size)

    async def _audit(self, action: str, denied: NotAllowed | None = None, **detail: Any) -> None:
        detail = {"path": self.wish.path[:400] if self.wish else "", **detail}
        with contextlib.suppress(asyncio.CancelledError):
            await sync_to_async(terminal_audit, thread_sensitive=False)(
                actor=self.actor, permit=self.permit, action=action, denied=denied, detail=detail
            )
