"""Sending a wake from synchronous code without waiting for it: whoever it wakes reads the database anyway.

A portal node has an event loop that holds every websocket; `loop_use` names it. A view's thread hands its wakes to that
loop and goes on. A process without one (a job, a command) sends them itself, and waits.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync

log = logging.getLogger(__name__)

Work = Callable[[], Coroutine[Any, Any, None]]

_loops: list[asyncio.AbstractEventLoop] = []
_near: dict[UUID, Work] = {}


def loop_use() -> None:
    """The running loop sends the wakes of this process from now on. Called by consumers as they connect."""
    loop = asyncio.get_running_loop()
    if _loops != [loop]:
        _loops[:] = [loop]


def near_add(host_id: UUID, wake: Work) -> None:
    """This process holds the host's connection: `wake` is the short way to it. For code on the node's loop."""
    _near[host_id] = wake


def near_remove(host_id: UUID, wake: Work) -> None:
    """The connection is gone; a newer one of the same host stays."""
    if _near.get(host_id) == wake:
        del _near[host_id]


def near_wake(host_id: UUID) -> bool:
    """Wake a host's connection past the channel layer; False where this process does not hold it."""
    wake, loop = _near.get(host_id), _loops[0] if _loops else None
    if wake is None or loop is None or not loop.is_running():
        return False
    asyncio.run_coroutine_threadsafe(wake(), loop).add_done_callback(_look)
    return True


def send_soon(work: Work) -> None:
    """Run `work` on the node's loop; here and now where there is none. A wake that fails is logged, never raised."""
    loop = _loops[0] if _loops else None
    if loop is not None and loop.is_running():
        asyncio.run_coroutine_threadsafe(work(), loop).add_done_callback(_look)
        return

    async def now() -> None:
        await work()

    try:
        async_to_sync(now)()
    except Exception:
        log.exception("a wake was not sent")


def _look(done: "Future[None]") -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        log.error("a wake was not sent", exc_info=error)
