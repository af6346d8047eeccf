"""The gateway of a portal node, put together."""

import asyncio
import contextlib
import logging
from pathlib import Path

from portal.problems import Problem

from .door import Door
from .endpoint import Endpoint
from .fleet import PortalFleet
from .listener import Listener, tidy_forever
from .registry import TIDY_SECONDS, Registry
from .streams import streams_serve_here

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0


class Gateway:
    """Streams and Docker clients of this node. Opens nothing until `start`."""

    def __init__(self, *, streams: tuple[str, int], door: Path, docker: tuple[str, int]) -> None:
        self.fleet = PortalFleet()
        self.registry = Registry(self.fleet)
        self.listener = Listener(self.registry, *streams)
        self.endpoint = Endpoint(self.registry, *docker)
        self._door = Door(self.registry, door)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen for agents and for the other processes of this node. Raises OSError."""
        await self.listener.start()
        self.fleet.local = f"ws://127.0.0.1:{self.listener.port}"
        await self._door.start()
        streams_serve_here(self.registry.open)
        self._tasks.append(asyncio.create_task(tidy_forever(self.registry, TIDY_SECONDS), name="streams-tidy"))
        self._tasks.append(asyncio.create_task(self._endpoint_start(), name="endpoint-start"))

    async def _endpoint_start(self) -> None:
        """Pages must have their streams although somebody else has the endpoint's port: it is tried again and again."""
        told = ""
        while True:
            try:
                await self.endpoint.start()
            except (OSError, Problem) as error:
                if str(error) != told:
                    told = str(error)
                    log.error("The Docker endpoint cannot listen: %s. Trying again (PIERHEAD_DOCKER_ENDPOINT).", told)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def stop(self) -> None:
        """Cut every stream and listen no more."""
        streams_serve_here(None)
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.endpoint.stop()
        await self._door.stop()
        await self.listener.stop()
        await self.registry.close()
