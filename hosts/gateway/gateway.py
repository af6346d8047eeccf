"""The gateway of a portal node, put together."""

import asyncio
import contextlib
import logging
from pathlib import Path

from .door import Door
from .fleet import PortalFleet
from .listener import Listener, tidy_forever
from .registry import TIDY_SECONDS, Registry
from .streams import streams_serve_here

log = logging.getLogger(__name__)


class Gateway:
    """Streams for this node. Opens nothing until `start`."""

    def __init__(self, *, streams: tuple[str, int], door: Path) -> None:
        self.fleet = PortalFleet()
        self.registry = Registry(self.fleet)
        self.listener = Listener(self.registry, *streams)
        self._door = Door(self.registry, door)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen for agents and for the other processes of this node. Raises OSError."""
        await self.listener.start()
        self.fleet.local = f"ws://127.0.0.1:{self.listener.port}"
        await self._door.start()
        streams_serve_here(self.registry.open)
        self._tasks.append(asyncio.create_task(tidy_forever(self.registry, TIDY_SECONDS), name="streams-tidy"))

    async def stop(self) -> None:
        """Cut every stream and listen no more."""
        streams_serve_here(None)
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._door.stop()
        await self.listener.stop()
        await self.registry.close()
