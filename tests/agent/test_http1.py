"""One request and its answer, against servers that misbehave."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from engine_agent.http1 import Connector, Garbled, Patience, Request, Silent, TooLarge, Unreachable, exchange

Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
QUICK = Patience(connect=1.0, answer=0.2, idle=0.2)


@contextlib.asynccontextmanager
async def served(server: Server) -> AsyncIterator[Connector]:
    """A server on a loopback port that handles each connection with `server`."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await server(reader, writer)
        finally:
            writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield lambda: asyncio.open_connection("127.0.0.1", port)


def saying(*pieces: bytes, pause: float = 0.0) -> Server:
    """A server that reads the request's head and then says these bytes."""

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return server


async def ask(connect: Connector, *, limit: int = 1000, request: Request | None = None) -> tuple[int, bytes]:
    async with exchange(connect, request or Request("GET", "/"), QUICK) as response:
        return response.status, await response.read(limit)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize(
    "pieces",
    [
        (OK,),
        (OK[:20], OK[20:]),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\nhe\r\n", b"3\r\nllo\r\n0\r\n\r\n"),
        (b"HTTP/1.0 200 OK\r\n\r\nhello",),
        (b"HTTP/1.1 100 Continue\r\n\r\n", OK),
    ],
    ids=["length", "in pieces", "chunked", "until closed", "continue first"],
)
async def test_every_way_to_say_hello(pieces: tuple[bytes, ...]) -> None:
    async with served(saying(*pieces, pause=0.01)) as connect:
        assert await ask(connect) == (200, b"hello")


@pytest.mark.parametrize(
    "pieces", [(), (b"HTTP/1.1 200",), (OK[:-2],), (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",)]
)
async def test_a_connection_that_breaks_is_told_as_unreachable(pieces: tuple[bytes, ...]) -> None:
    async with served(saying(*pieces)) as connect:
        with pytest.raises(Unreachable):
            await ask(connect)


@pytest.mark.parametrize("piece", [b"SSH-2.0-OpenSSH\r\n\r\n", b"\x00\x01\x02\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
async def test_what_is_no_http_is_garbled(piece: bytes) -> None:
    async with served(saying(piece)) as connect:
        with pytest.raises(Garbled):
            await ask(connect)


async def test_a_head_without_end_is_garbled_before_it_fills_the_memory() -> None:
    async with served(saying(b"HTTP/1.1 200 OK\r\n", *[b"X-A: " + b"a" * 60_000 + b"\r\n"] * 4)) as connect:
        with pytest.raises(Garbled):
            await ask(connect)


@pytest.mark.parametrize("pieces", [(b"",), (OK[:-1],)], ids=["no head", "no end"])
async def test_silence_is_not_waited_for_for_ever(pieces: tuple[bytes, ...]) -> None:
    async with served(saying(*pieces, pause=5.0)) as connect:
        with pytest.raises(Silent):
            await ask(connect)


async def test_an_answer_over_the_limit_is_refused() -> None:
    async with served(saying(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 1000] * 10)) as connect:
        with pytest.raises(TooLarge):
            await ask(connect, limit=5000)


async def test_nobody_listening() -> None:
    with pytest.raises(Unreachable):
        await ask(lambda: asyncio.open_unix_connection("/nonexistent/engine.sock"))


async def test_a_streamed_body_arrives_whole() -> None:
    got = bytearray()

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"transfer-encoding: chunked" in head.lower()
        while not got.endswith(b"0\r\n\r\n"):
            got.extend(await reader.read(65536))
        writer.write(OK)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"y" * 100

    async with served(server) as connect:
        assert await ask(connect, request=Request("POST", "/build", body=pieces())) == (200, b"hello")
    assert got.count(b"y") == 1000


async def test_an_answer_before_the_body_was_sent_is_heard() -> None:
    """The engine refuses a build at once: the reason must not be lost behind the broken upload."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"z" * 65536

    refusal = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    async with served(saying(refusal)) as connect:
        status, body = await ask(connect, request=Request("POST", "/build", body=endless()))
    assert (status, body) == (400, b"no")
