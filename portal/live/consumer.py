"""The live socket of an open page. Only translates: messages to watches, layer events to wake-ups, endings to codes."""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from hosts.live import group_of
from hosts.wakes import loop_use

from .fragments import fragment_render, fragment_topics, viewer_check
from .messages import Malformed, Ping, Refused, Seen, WatchList, parse
from .outcomes import Rendered, SignedOut
from .request import Viewer, viewer_of
from .watch import Unread, Watch

log = logging.getLogger(__name__)

MALFORMED, SIGNED_OUT, SILENT, TOO_MANY = 4400, 4401, 4408, 4429
SILENT_AFTER = 60.0  # seconds; a browser pings every 15
CHECK_EVERY = 30.0  # seconds between two looks at the session of a page on which nothing happens
SOCKETS_PER_USER = 50  # per portal node
RENDERERS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")

_sockets: Counter[int] = Counter()

T = TypeVar("T")


async def in_thread(act: Callable[..., T], *args: Any) -> T:
    """Run blocking code that reads the database beside the event loop; at most four such at once per portal node."""
    return await sync_to_async(act, thread_sensitive=False, executor=RENDERERS)(*args)


class Fragments:
    """The watches' source: the site's own views, as one viewer."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    async def topics(self, path: str) -> list[str]:
        return await in_thread(fragment_topics, self._viewer, path)

    async def render(self, path: str) -> Rendered:
        return await in_thread(fragment_render, self._viewer, path)


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """See portal/live/__init__.py for the messages and the close codes."""

    async def connect(self) -> None:
        loop_use()
        self.watches: dict[str, Watch] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.topics: dict[str, set[str]] = {}  # topic -> ids of the watches that depend on it
        self.groups_lock = asyncio.Lock()
        self.user_id = 0
        self.guard: asyncio.Task[None] | None = None
        self.heard_at = time.monotonic()
        user = self.scope.get("user")
        await self.accept()  # a refusal before this would reach the browser without its code
        if user is None or not user.is_authenticated or not user.is_active:
            await self.close(SIGNED_OUT)
            return
        if _sockets[user.pk] >= SOCKETS_PER_USER:
            await self.close(TOO_MANY)
            return
        self.user_id = user.pk
        _sockets[user.pk] += 1
        self.viewer = viewer_of(self.scope)
        self.source = Fragments(self.viewer)
        self.guard = asyncio.create_task(self._guard())
        await self.say({"hello": 1, "now": time.time_ns() // 1_000_000})

    async def disconnect(self, code: int) -> None:
        if self.user_id:
            _sockets[self.user_id] -= 1
            if _sockets[self.user_id] <= 0:
                del _sockets[self.user_id]
            self.user_id = 0
        for task in [*self.tasks.values(), *([self.guard] if self.guard else [])]:
            if task is not asyncio.current_task():
                task.cancel()
        self.tasks.clear()
        self.watches.clear()
        for topic in list(self.topics):
            await self.channel_layer.group_discard(group_of(topic), self.channel_name)
        self.topics.clear()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.user_id:
            return
        self.heard_at = time.monotonic()
        try:
            message = parse(text_data)
        except Malformed:
            await self.close(MALFORMED)
            return
        except Refused as refusal:
            await self.say({"error": str(refusal)})
            return
        match message:
            case Ping():
                await self.say({"pong": 1, "now": time.time_ns() // 1_000_000})
            case Seen(id):
                if watch := self.watches.get(id):
                    watch.seen()
            case WatchList():
                await self._watch(message)

    async def live_changed(self, event: dict[str, Any]) -> None:
        """From the channel layer: hosts.live.publish."""
        for id in self.topics.get(event["topic"], ()):
            if watch := self.watches.get(id):
                watch.changed()

    async def say(self, message: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(message, separators=(",", ":")))

    async def _watch(self, message: WatchList) -> None:
        wanted = {one.id: one for one in message.wanted}
        for id, watch in list(self.watches.items()):
            if id not in wanted or wanted[id].path != watch.path:
                await self._forget(id)
        for id, one in wanted.items():
            if id not in self.watches:
                watch = Watch(id=id, path=one.path, source=self.source, send=self.say, clock=time.monotonic)
                self.watches[id] = watch
                self.tasks[id] = asyncio.create_task(self._run(watch))

    async def _forget(self, id: str) -> None:
        self.watches.pop(id, None)
        task = self.tasks.pop(id, None)
        if task is not None:
            task.cancel()
        await self._leave(id)

    async def _run(self, watch: Watch) -> None:
        try:
            await watch.run(lambda topics: self._join(watch, topics))
            await self._leave(watch.id, watch)
        except SignedOut:
            await self._end(SIGNED_OUT)
        except Unread:
            await self._end(SILENT)
        except Exception:
            log.exception("The watch of %s cannot go on.", watch.path)
            await self.say({"id": watch.id, "failed": True})

    async def _join(self, watch: Watch, topics: list[str]) -> None:
        async with self.groups_lock:
            if self.watches.get(watch.id) is not watch:
                return
            for topic in topics:
                if topic not in self.topics:
                    self.topics[topic] = set()
                    try:
                        await self.channel_layer.group_add(group_of(topic), self.channel_name)
                    except Exception:  # not for a cancellation: then the group may have been joined
                        del self.topics[topic]
                        raise
                self.topics[topic].add(watch.id)

    async def _leave(self, id: str, watch: Watch | None = None) -> None:
        """No longer wake the watch `id`; with `watch`, only while it is still that one."""
        async with self.groups_lock:
            if watch is not None and self.watches.get(id) is not watch:
                return
            for topic, ids in list(self.topics.items()):
                ids.discard(id)
                if not ids:
                    del self.topics[topic]
                    await self.channel_layer.group_discard(group_of(topic), self.channel_name)

    async def _guard(self) -> None:
        """Ends the connection of a browser that fell silent and of a user who may no longer see anything."""
        try:
            while time.monotonic() - self.heard_at < SILENT_AFTER:
                await asyncio.sleep(CHECK_EVERY)
                await in_thread(viewer_check, self.viewer)
            await self._end(SILENT)
        except SignedOut:
            await self._end(SIGNED_OUT)

    async def _end(self, code: int) -> None:
        try:
            await self.close(code)
        except Exception:  # it has gone by itself meanwhile
            log.debug("The socket was closed already.", exc_info=True)
