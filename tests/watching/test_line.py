"""HTTP calls over a stream: several on one connection, chunks, errors in the engine's words, taking over."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from hosts.engine_calls import EngineRefused, engine_line
from portal.problems import Conflict, NotFound, Unavailable

from .fakes import FakeHost, FakeStream, answered, as_json, chunk

HOST = uuid4()


async def handler(stream: FakeStream, method: str, target: str, body: bytes) -> None:
    if target == "/json":
        stream.say(as_json({"method": method, "body": body.decode()}))
    elif target == "/chunks":
        stream.say(answered(200, None))
        for piece in (b"one", b"two", b""):
            stream.say(chunk(piece))
    elif target == "/taken":
        stream.take_over()
        stream.say(b"> ")
        stream.say(await stream.heard.get())
        stream.say(b"")
    elif target == "/empty":
        stream.say(b"HTTP/1.1 204 No Content\r\n\r\n")
    elif target == "/lost":
        stream.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab")
        stream.say(b"")
    else:
        stream.say(as_json({"message": f"bad {target}"}, int(target[1:])))


async def test_calls_one_after_the_other() -> None:
    host = FakeHost(handler)
    async with engine_line(HOST, opener=host) as line:
        assert await line.json("POST", "/json", {"a": 1}) == {"method": "POST", "body": '{"a": 1}'}
        await line.ask("GET", "/chunks")
        assert [await line.read() for _ in range(3)] == [b"one", b"two", b""]
        assert await line.json("GET", "/empty") is None
        assert (await line.json("GET", "/json"))["method"] == "GET"
    assert len(host.streams) == 1
    assert host.streams[0].closed


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFound), (409, Conflict), (500, EngineRefused), (400, EngineRefused)]
)
async def test_errors_have_the_engines_words(status: int, kind: type[Exception]) -> None:
    async with engine_line(HOST, opener=FakeHost(handler)) as line:
        with pytest.raises(kind, match=f"bad /{status}"):
            await line.ask("GET", f"/{status}")
        assert (await line.json("GET", "/json"))["method"] == "GET"


async def test_a_connection_taken_over_is_bytes() -> None:
    async with engine_line(HOST, opener=FakeHost(handler)) as line:
        head = await line.ask("POST", "/taken", upgrade=True)
        assert head.status == 101
        assert await line.read() == b"> "
        await line.write(b"\x00\xffhi")
        assert await line.read() == b"\x00\xffhi"
        assert await line.read() == b""


async def test_a_body_of_unknown_length() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.sleep(0)
        yield b"two"

    async with engine_line(HOST, opener=FakeHost(handler)) as line:
        await line.ask("PUT", "/json", pieces=pieces())
        assert b"onetwo" in await line.read_all()


async def test_an_answer_cut_short_is_said() -> None:
    async with engine_line(HOST, opener=FakeHost(handler)) as line:
        await line.ask("GET", "/lost")
        assert await line.read() == b"ab"
        with pytest.raises(Unavailable, match="middle"):
            await line.read()


async def test_an_answer_may_not_be_too_large() -> None:
    async with engine_line(HOST, opener=FakeHost(handler)) as line:
        await line.ask("GET", "/chunks")
        with pytest.raises(Unavailable, match="too large"):
            await line.read_all(limit=4)
