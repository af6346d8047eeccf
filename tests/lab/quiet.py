"""A network in which nothing ever changes, for the browser.

Chromium drops what it is loading (ERR_NETWORK_CHANGED) whenever an interface of its machine gains or loses an address,
and an engine beside it makes and removes interfaces all the time. So the browser lives in a network namespace that
leads nowhere, and reaches the test machine's own loopback ports, and nothing else, through a SOCKS proxy
on the loopback there. `python -m tests.lab.quiet NAMESPACE` runs it.
"""

import asyncio
import contextlib
import ipaddress
import secrets
import socket
import struct
import sys
from pathlib import Path
from typing import Self

from .network import make_silent_namespace
from .part import Part
from .parts import program
from .processes import Server
from .relay import listen_inside, pump

ROOT = Path(__file__).resolve().parents[2]
PORT = 1080
GREETING, CONNECT, IPV4, NAME, IPV6 = 5, 1, 1, 3, 4
GRANTED, NOT_ALLOWED, NO_ANSWER = 0, 2, 5


class QuietNetwork(Part):
    """The namespace and its proxy. Needs root, as every namespace does."""

    def __init__(self) -> None:
        super().__init__("q")
        self.namespace = f"phq{secrets.token_hex(3)}"
        self._proxy: Server | None = None

    def start(self) -> Self:
        make_silent_namespace(self.folder, self.namespace)
        command = [sys.executable, "-m", "tests.lab.quiet", self.namespace]
        self._proxy = Server(command, log=self.folder / "proxy.log", root=True, cwd=ROOT)
        self._proxy.wait_ready(lambda: self._proxy is not None and "relaying" in self._proxy.tail(), seconds=10)
        return self

    def launcher(self, name: str) -> Path:
        """A script that starts the program inside, with the arguments it is given."""
        script = self.folder / name
        inside = f"{program('nsenter')} --net=/run/netns/{self.namespace} --"
        script.write_text(f'#!/bin/sh\nexec {inside} {program(name)} "$@"\n', encoding="ascii")
        script.chmod(0o755)
        return script

    @property
    def proxy_flags(self) -> list[str]:
        """What tells Chromium to go through the proxy, for loopback addresses too."""
        return [f"--proxy-server=socks5://127.0.0.1:{PORT}", "--proxy-bypass-list=<-loopback>"]

    def halt(self) -> None:
        if self._proxy is not None:
            self._proxy.stop(seconds=2)
            self._proxy = None


async def destination(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    """The address a client asks for, after the greeting. RFC 1928 without authentication."""
    version, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(bytes([version, 0]))
    version, command, _reserved, kind = await reader.readexactly(4)
    if version != GREETING or command != CONNECT:
        raise ConnectionError("only CONNECT of SOCKS 5")
    if kind == NAME:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    else:
        host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == IPV4 else 16)))
    (port,) = struct.unpack(">H", await reader.readexactly(2))
    return host, int(port)


def loopback(host: str) -> bool:
    """Whether this is the test machine itself; everything else stays out of reach."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


async def serve_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection of the browser, from its greeting to its end."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        host, port = await destination(reader, writer)
        try:
            if not loopback(host):
                raise PermissionError(host)
            there, here = await asyncio.open_connection(host, port)
        except OSError as error:
            code = NOT_ALLOWED if isinstance(error, PermissionError) else NO_ANSWER
            writer.write(bytes([GREETING, code, 0, IPV4, 0, 0, 0, 0, 0, 0]))
            writer.close()
            return
        writer.write(bytes([GREETING, GRANTED, 0, IPV4, 0, 0, 0, 0, 0, 0]))
        try:
            await asyncio.gather(pump(reader, here), pump(there, writer))
        finally:
            here.close()
    writer.close()


async def serve(listener: socket.socket) -> None:
    """Serve for ever."""
    server = await asyncio.start_server(serve_client, sock=listener)
    print("relaying", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(listen_inside(sys.argv[1], [PORT])[0]))
