"""Named pipes of Windows as asyncio streams, on overlapped I/O of the proactor loop.

An engine's pipe is a message pipe. Two things follow: a message of no bytes is its half-close (as a Docker client's),
and reading gives what one message holds, never more. While every instance is busy, opening is tried again and again, so
callers set a timeout.
"""

import asyncio
from typing import Any, cast

from ..http1 import Streams

LIMIT = 256 * 1024


class PipeWriter(asyncio.StreamWriter):
    """The writing end. `write_eof` is possible, other than with asyncio's own."""

    _ending: "asyncio.Task[None] | None" = None

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """Half-close once everything written has gone; more than once does no harm."""
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._end())

    async def _end(self) -> None:
        """The message of no bytes."""
        transport: Any = self.transport
        transport.set_write_buffer_limits(high=0)
        try:
            await self.drain()
            pipe = transport.get_extra_info("pipe")
            loop: Any = asyncio.get_running_loop()
            if pipe is not None and not transport.is_closing():
                await loop._proactor.send(pipe, b"")
        except OSError:
            transport.abort()


async def open_pipe(name: str) -> Streams:
    """A connection to the pipe `name`. Raises OSError: FileNotFoundError when nobody serves it."""
    loop: Any = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LIMIT)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.create_pipe_connection(lambda: protocol, name)
    writer = PipeWriter(cast(asyncio.WriteTransport, transport), protocol, reader, loop)
    return reader, writer
