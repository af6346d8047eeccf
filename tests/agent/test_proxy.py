"""The way to the portal through an HTTP proxy."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine_agent.portal_http import Portal, PortalClient, portal_at
from engine_agent.problems import PortalRefused, PortalUnreachable
from tests.agent.authorities import Authority
from tests.sim.portal import FakePortal


class Proxy:
    """Answers CONNECT and passes bytes on; `answer` is its status line."""

    def __init__(self) -> None:
        self.answer = "200 Connection established"
        self.heads: list[str] = []
        self.port = 0
        self.tasks: set[asyncio.Task[None]] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._serve(reader, writer)
        writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        writer.write(f"HTTP/1.1 {self.answer}\r\n\r\n".encode())
        await writer.drain()
        if not self.answer.startswith("200"):
            writer.close()
            await writer.wait_closed()
            return
        host, _, port = head.split()[1].rpartition(":")
        there, here = await asyncio.open_connection(host, int(port))
        up = asyncio.create_task(pour(reader, here))
        try:
            await pour(there, writer)
        finally:
            here.transport.abort()
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)

    async def end(self) -> None:
        """End what is being passed on."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # for the transports to close their sockets


async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()


class Behind(Portal):
    """A portal that is reached through a proxy although it is on this machine."""

    way = ""

    def proxy(self) -> str | None:
        return self.way


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    proxy = Proxy()
    server = await asyncio.start_server(proxy.handle, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    yield proxy
    server.close()
    await proxy.end()


def behind(portal: Portal, proxy: Proxy, credentials: str = "") -> Behind:
    Behind.way = f"http://{credentials}127.0.0.1:{proxy.port}"
    return Behind(portal.origin, portal.host, portal.port, portal.tls, portal.ca)


async def ask(portal: Portal) -> None:
    """Ask something the portal refuses in words, which shows that it was reached."""
    with pytest.raises(PortalRefused, match="no such thing"):
        await PortalClient(portal).post("/nowhere", {})


async def test_through_a_proxy(fake_portal: FakePortal, proxy: Proxy) -> None:
    await ask(behind(portal_at(fake_portal.origin), proxy))
    assert proxy.heads[0].startswith(f"CONNECT 127.0.0.1:{fake_portal.port} HTTP/1.1")


async def test_through_a_proxy_with_tls_inside(proxy: Proxy, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    async with FakePortal(tls=authority.server("portal")) as portal:
        client_side = behind(portal_at(portal.origin, ca=authority.pem), proxy)
        await ask(client_side)


async def test_with_credentials(fake_portal: FakePortal, proxy: Proxy) -> None:
    await ask(behind(portal_at(fake_portal.origin), proxy, "user:p%40ss@"))
    word = base64.b64encode(b"user:p@ss").decode()
    assert f"proxy-authorization: basic {word}".lower() in proxy.heads[0].lower()


async def test_a_proxy_that_refuses(fake_portal: FakePortal, proxy: Proxy) -> None:
    proxy.answer = "407 Proxy Authentication Required"
    with pytest.raises(PortalUnreachable, match="407"):
        await PortalClient(behind(portal_at(fake_portal.origin), proxy)).post("/", {})


def test_what_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    assert portal_at("https://portal.example").proxy() == "http://proxy.example:3128"
    assert portal_at("https://inside.example").proxy() is None
    assert portal_at("http://127.0.0.1:8000").proxy() is None
