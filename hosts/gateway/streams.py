"""Opening a byte stream to a host: the only thing of the gateway that other code needs.

    stream = await open_stream(host_id=host.pk, request=StreamRequest(kind="engine"))
    await stream.write(b"GET /_ping HTTP/1.1\\r\\nHost: engine\\r\\n\\r\\n")
    while piece := await stream.read():
        ...
    await stream.close()

It works in every asyncio code of a portal node. In the gateway's own process the stream is the agent's line itself; in
any other process (Daphne) the bytes come through a unix socket of the gateway, with TCP-like flow control: a reader
that stops stops the engine. The caller has checked that the actor may do this.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

from django.conf import settings

from engine_agent.protocol.streams import StreamRequest

from .doorway import open_through
from .stream import Stream, StreamFailed, StreamLost

__all__ = ["Stream", "StreamFailed", "StreamLost", "StreamRequest", "open_stream"]

OPEN_SECONDS = 15.0
Opener = Callable[[UUID, StreamRequest], Awaitable[Stream]]

_here: list[Opener] = []


def streams_serve_here(opener: Opener | None) -> None:
    """This process is the gateway: streams are opened by `opener` from now on. None takes it back."""
    _here[:] = [] if opener is None else [opener]


def door_path() -> Path:
    """The unix socket at which the gateway opens streams for the other processes of this node."""
    return Path(settings.GATEWAY_SOCKET)


async def open_stream(*, host_id: UUID, request: StreamRequest) -> Stream:
    """A stream joined as `request` says. Raises HostAway, Unavailable when the gateway or the agent does not answer."""
    if _here:
        return await _here[0](host_id, request)
    async with asyncio.timeout(OPEN_SECONDS + 5):
        return await open_through(door_path(), host_id, request)
