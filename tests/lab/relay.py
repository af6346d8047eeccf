"""Loopback ports of the test machine, offered on the loopback of a network namespace.

Plain HTTP is right for loopback addresses only. With this, a host in a namespace of its own reaches the registry and
the portal of the test at the same 127.0.0.1:PORT as everybody else. `python -m tests.lab.relay NAME PORT...` runs it;
`--delay=SECONDS` before the name holds everything back for so long, each way, as a long line does.

The listening sockets are made by a thread that has entered the namespace; the connections they accept stay in there,
while those that the main thread opens are the machine's own.
"""

import asyncio
import contextlib
import ctypes
import os
import socket
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

CLONE_NEWNET = 0x40000000
CHUNK = 65_536


def listen_inside(name: str, ports: Sequence[int]) -> list[socket.socket]:
    """Listening sockets on 127.0.0.1 inside the namespace."""

    def work() -> list[socket.socket]:
        descriptor = os.open(f"/run/netns/{name}", os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns failed")
        finally:
            os.close(descriptor)
        return [socket.create_server(("127.0.0.1", port)) for port in ports]

    with ThreadPoolExecutor(1) as executor:  # the thread ends here, and nothing else ran in it
        return executor.submit(work).result()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float = 0.0) -> None:
    """Copy until the end, and pass the end on; delay: seconds between taking a piece in and giving it out."""
    if delay:
        await pump_late(reader, writer, delay)
        return
    with contextlib.suppress(ConnectionError, asyncio.CancelledError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def pump_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """The same, each piece after `delay` seconds; many are on the way at once."""
    clock = asyncio.get_running_loop().time
    line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=1024)

    async def take() -> None:
        while data := await reader.read(CHUNK):
            await line.put((clock() + delay, data))
        await line.put((clock() + delay, b""))

    taking = asyncio.create_task(take())
    try:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while True:
                due, data = await line.get()
                await asyncio.sleep(max(0.0, due - clock()))
                if not data:
                    break
                writer.write(data)
                await writer.drain()
            writer.write_eof()
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)


async def serve(listeners: Sequence[socket.socket], delay: float = 0.0) -> None:
    """Relay every connection of every listener to the same port here, for ever."""
    servers = []
    for listener in listeners:
        port = listener.getsockname()[1]

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int = port) -> None:
            try:
                there, here = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.transport.abort()
                return
            try:
                await asyncio.gather(pump(reader, here, delay), pump(there, writer, delay))
            finally:
                here.close()
                writer.close()

        servers.append(await asyncio.start_server(relay, sock=listener))
    print("relaying", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def main(words: list[str]) -> None:
    """[--delay=SECONDS] NAME PORT..."""
    delay = float(words.pop(0).partition("=")[2]) if words[0].startswith("--delay=") else 0.0
    await serve(listen_inside(words[0], [int(word) for word in words[1:]]), delay)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1:]))
