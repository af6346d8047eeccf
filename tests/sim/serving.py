"""A simulated container that answers HTTP on its published ports and says which one it is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.sim.world import Container


@contextlib.asynccontextmanager
async def serving(container: Container) -> AsyncIterator[None]:
    """Answer at every published tcp port for as long as the block lasts."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await reader.readuntil(b"\r\n\r\n")
            text = f"{container.name} of {container.image.reference} on {container.image.os}\n".encode()
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            writer.write(head % len(text) + text)
            await writer.drain()
        writer.close()

    servers = [
        await asyncio.start_server(answer, container.image.behaviour.at, int(place["HostPort"]))
        for target, places in container.bindings.items()
        for place in places or ()
        if target.endswith("/tcp") and str(place.get("HostPort", "")).isdigit()
    ]
    try:
        yield
    finally:
        for server in servers:
            server.close()
