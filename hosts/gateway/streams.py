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
from typing import Protocol
from uuid import UUID

from django.conf import settings

from engine_agent.protocol.streams import PIECE, StreamRequest
from portal.problems import Unavailable

__all__ = ["Stream", "StreamFailed", "StreamLost", "StreamRequest", "open_stream"]

READ = 65_536
OPEN_SECONDS = 15.0


class StreamLost(Unavailable):
    """The line to the agent broke in the middle. What was read until then is true, and not the whole."""

    code = "stream-lost"
    title = "The connection to the host was lost"


class StreamFailed(Unavailable):
    """The agent ended the stream with a reason: the engine does not answer, or cut the connection."""

    code = "stream-failed"
    title = "The host ended the connection"


class Stream(Protocol):
    """Bytes to and from a host. One reader and one writer at a time.

    reason: why it ended, for people; "" while it is open or when it ended in order.
    """

    reason: str

    async def read(self, n: int = READ) -> bytes:
        """At most `n` bytes, as soon as there are some; b"" once the other side says no more.

        Raises StreamLost, StreamFailed.
        """

    async def write(self, data: bytes) -> None:
        """Send; waits while the other side takes nothing. Raises StreamLost, StreamFailed."""

    async def write_eof(self) -> None:
        """Say no more, and go on reading."""

    async def close(self) -> None:
        """End both directions. Never raises, may be called twice."""


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
    from .doorway import open_through  # only where the gateway is another process

    async with asyncio.timeout(OPEN_SECONDS + 5):
        return await open_through(door_path(), host_id, request)


def pieces(data: bytes) -> list[bytes]:
    """`data` cut into what fits one frame."""
    return [data] if len(data) <= PIECE else [data[at : at + PIECE] for at in range(0, len(data), PIECE)]
