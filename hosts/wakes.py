"""Sending a wake from synchronous code without waiting for it: whoever it wakes reads the database anyway.

A portal node has an event loop that holds every websocket; `loop_use` names it. A view's thread hands its wakes to that
loop and goes on. A process without one (a job, a command) sends them itself, and waits.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

from asgiref.sync import async_to_sync

log = logging.getLogger(__name__)

Work = Callable[[], Coroutine[Any, Any, None]]

_loops: list[asyncio.AbstractEventLoop] = []


def loop_use() -> None:
    """The running loop sends the wakes of this process from now on. Called by consumers as they connect."""
    loop = asyncio.get_running_loop()
    if _loops != [loop]:
        _loops[:] = [loop]


def send_soon(work: Work) -> None:
    """Run `work` on the node's loop; here and now where there is none. A wake that fails is logged, never raised."""
    loop = _loops[0] if _loops else None
    if loop is not None and loop.is_running():
        asyncio.run_coroutine_threadsafe(work(), loop).add_done_callback(_look)
        return
    try:
        async_to_sync(work)()
    except Exception:
        log.exception("a wake was not sent")


def _look(done: "Future[None]") -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        log.error("a wake was not sent", exc_info=error)
