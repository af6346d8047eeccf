"""Byte streams: whole, both ways, half-closed, bounded; and what a broken one says."""

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from engine_agent.protocol.identity import sign, stream_bytes
from engine_agent.protocol.messages import StreamOpen
from engine_agent.protocol.streams import SCHEME, StreamRequest, stream_path
from hosts.gateway import registry as registry_module
from hosts.gateway.doorway import open_through
from hosts.gateway.streams import Stream, StreamFailed, StreamLost, open_stream, streams_serve_here
from hosts.problems import HostAway
from portal.problems import Unavailable
from tests.endpoint.streaming import KEY, Scene, scene, until

ENGINE = StreamRequest(kind="engine")


@pytest.fixture(params=["gateway", "door"])
def way(request: pytest.FixtureRequest) -> str:
    """Streams as the gateway's own process opens them, and as other processes do."""
    return str(request.param)


async def opened(way: str, at: Scene) -> Stream:
    if way == "gateway":
        return await at.registry.open(at.host_id, ENGINE)
    return await open_through(at.door, at.host_id, ENGINE)


async def read_all(stream: Stream) -> bytes:
    whole = bytearray()
    while piece := await stream.read():
        whole += piece
    return bytes(whole)


async def test_bytes_go_both_ways_and_a_half_close_leaves_the_other_direction_open(way: str, tmp_path: Path) -> None:
    after: list[bytes] = []

    async def engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        after.append(await reader.read())  # all of it, up to the half-close
        writer.write(b"answer after your end")
        writer.close()

    async with scene(tmp_path, engine) as at:
        stream = await opened(way, at)
        await stream.write(b"\x00\xff")
        await stream.write(b"binary")
        await stream.write_eof()
        assert await read_all(stream) == b"answer after your end"
        assert stream.reason == ""
        await stream.close()
    assert after == [b"\x00\xffbinary"]


async def test_the_engine_may_end_its_direction_first(way: str, tmp_path: Path) -> None:
    got = asyncio.Queue[bytes]()

    async def engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"done")
        writer.write_eof()
        got.put_nowait(await reader.read())

    async with scene(tmp_path, engine) as at:
        stream = await opened(way, at)
        assert await read_all(stream) == b"done"
        await stream.write(b"and still heard")
        await stream.write_eof()
        assert await asyncio.wait_for(got.get(), 10) == b"and still heard"
        await stream.close()


async def test_a_large_body_comes_back_unchanged(way: str, tmp_path: Path) -> None:
    body = os.urandom(8 * 1024 * 1024)
    async with scene(tmp_path) as at:
        stream = await opened(way, at)

        async def send() -> None:
            for start in range(0, len(body), 700_001):  # pieces larger than a frame
                await stream.write(body[start : start + 700_001])
            await stream.write_eof()

        sending = asyncio.create_task(send())
        back = await read_all(stream)
        await sending
        await stream.close()
    assert hashlib.sha256(back).digest() == hashlib.sha256(body).digest()


async def test_a_reader_that_stops_stops_the_writer(way: str, tmp_path: Path) -> None:
    sent = 0

    async def engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while True:
            writer.write(bytes(65536))
            await writer.drain()
            sent += 65536

    async with scene(tmp_path, engine) as at:
        stream = await opened(way, at)
        await stream.read(1)
        before = -1
        async with asyncio.timeout(20):
            while sent != before:  # until it stands still
                before = sent
                await asyncio.sleep(0.2)
        assert sent < 64 * 1024 * 1024, "what is on the way is bounded by the buffers of four sockets"
        await stream.close()


async def test_a_writer_waits_for_an_engine_that_reads_nothing(way: str, tmp_path: Path) -> None:
    async def engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(3600)

    async with scene(tmp_path, engine) as at:
        stream = await opened(way, at)
        written = 0

        async def fill() -> None:
            nonlocal written
            while written < 256 * 1024 * 1024:
                await stream.write(bytes(262_144))
                written += 262_144

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(fill(), 1)
        assert written < 64 * 1024 * 1024
        await stream.close()


async def test_an_engine_that_does_not_answer_is_told(way: str, tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        (tmp_path / "engine.sock").unlink()
        stream = await opened(way, at)
        with pytest.raises(StreamFailed) as caught:
            await stream.read()
        assert caught.value.code == "engine-gone"
        assert "does not answer" in stream.reason
        await stream.close()


async def test_a_lost_agent_is_never_taken_for_an_end(way: str, tmp_path: Path) -> None:
    async def engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"half of it")
        await asyncio.sleep(3600)

    async with scene(tmp_path, engine) as at:
        stream = await opened(way, at)
        assert await stream.read() == b"half of it"
        await at.agent.close()
        with pytest.raises(StreamLost):
            await stream.read()
        assert "lost" in stream.reason
        await stream.close()


async def test_closing_a_stream_closes_the_connection_to_the_engine(way: str, tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x")
        await reader.read()
        ended.set()

    async with scene(tmp_path, engine) as at:
        stream = await opened(way, at)
        await stream.read()
        await stream.close()
        await stream.close()
        await asyncio.wait_for(ended.wait(), 10)


async def test_lines_are_kept_ready_so_that_nobody_waits_for_a_dial(tmp_path: Path) -> None:
    async with scene(tmp_path, ready=2) as at:
        first = await at.registry.open(at.host_id, ENGINE)
        await until(lambda: at.registry.standing(at.host_id) == 3)
        asked = len(at.fleet.asked)
        at.fleet.deaf = True  # whoever asks now waits for nothing
        async with asyncio.timeout(2):
            streams = [await at.registry.open(at.host_id, ENGINE) for _ in range(2)]
        assert len(at.fleet.asked) == asked, "no round trip before the bytes"
        for stream in (first, *streams):
            await stream.close()


async def test_a_line_that_was_left_in_order_is_used_again(tmp_path: Path) -> None:
    connections = 0

    async def engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while piece := await reader.read(100):
            writer.write(piece.upper())

    async with scene(tmp_path, engine, ready=0) as at:
        for word in (b"one", b"two", b"three"):
            line = await at.registry.take(at.host_id, ENGINE)
            await line.write(word)
            assert await line.read() == word.upper()
            at.registry.give_back(at.host_id, line)
        assert connections == 1


async def test_a_kept_line_that_ends_is_not_used_again(tmp_path: Path) -> None:
    async def engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"once")
        if await reader.read(100) == b"end":
            writer.close()

    async with scene(tmp_path, engine, ready=0) as at:
        line = await at.registry.take(at.host_id, ENGINE)
        await line.write(b"hello")
        await line.read()
        await line.write(b"end")
        at.registry.give_back(at.host_id, line)
        await until(lambda: not line.open)
        again = await at.registry.take(at.host_id, ENGINE)
        assert again is not line
        await again.close()


async def test_a_host_that_is_away_is_told_by_name(way: str, tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        at.fleet.away.add(at.host_id)
        with pytest.raises(HostAway, match="alpha"):
            await opened(way, at)


async def test_an_agent_that_does_not_dial_back_is_told(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "ARRIVE_SECONDS", 0.2)
    async with scene(tmp_path) as at:
        at.fleet.deaf = True
        with pytest.raises(Unavailable, match="did not dial back") as caught:
            await opened(way, at)
        assert caught.value.code == "host-silent"


async def dial(at: Scene, stream_id: str, token: str, key: bytes = KEY) -> int:
    """The status a dial-back is answered with: 101 when it is admitted."""
    signature = sign(key, stream_bytes(stream_id, token)).hex()
    headers = {"Authorization": f"{SCHEME} {token}:{signature}"}
    try:
        async with connect(at.fleet.address + stream_path(stream_id), additional_headers=headers):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


async def asked_for(at: Scene) -> StreamOpen:
    """A dial that is asked for and that no agent takes up."""
    at.fleet.deaf = True
    waiting = asyncio.create_task(at.registry.open(at.host_id, ENGINE))
    await until(lambda: at.fleet.asked)
    waiting.cancel()
    return at.fleet.asked[-1]


async def test_a_token_is_good_once(tmp_path: Path) -> None:
    async with scene(tmp_path, ready=0) as at:
        asked = await asked_for(at)
        assert await dial(at, asked.id, asked.token) == 101
        assert await dial(at, asked.id, asked.token) == 403


@pytest.mark.parametrize("wrong", ["token", "key", "stream", "late"])
async def test_a_line_nobody_asked_for_is_refused(tmp_path: Path, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if wrong == "late":
        monkeypatch.setattr(registry_module, "TOKEN_SECONDS", 0.05)
    async with scene(tmp_path, ready=0) as at:
        asked = await asked_for(at)
        if wrong == "late":
            await asyncio.sleep(0.2)
        status = await dial(
            at,
            "elsewhere" if wrong == "stream" else asked.id,
            "guess" if wrong == "token" else asked.token,
            bytes(32) if wrong == "key" else KEY,
        )
        assert status == 403


@pytest.mark.parametrize("path", ["/", "/ws/agent/", "/ws/agent/streams/", "/ws/agent/streams/a/b/"])
async def test_the_listener_has_no_other_paths(tmp_path: Path, path: str) -> None:
    async with scene(tmp_path) as at:
        with pytest.raises(InvalidStatus):
            await connect(at.fleet.address + path)


async def test_a_revoked_host_loses_every_line_at_once(tmp_path: Path) -> None:
    async with scene(tmp_path, ready=1) as at:
        stream = await at.registry.open(at.host_id, ENGINE)
        await until(lambda: at.registry.standing(at.host_id) == 2)
        assert at.registry.cut(at.host_id) == 2
        with pytest.raises(StreamLost):
            await stream.read()
        await until(lambda: len(at.agent) == 0)


async def test_lines_of_a_host_nobody_uses_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene(tmp_path, ready=2) as at:
        stream = await at.registry.open(at.host_id, ENGINE)
        await until(lambda: at.registry.standing(at.host_id) == 3)
        monkeypatch.setattr(registry_module, "USED_SECONDS", -1.0)
        at.registry.tidy()
        await until(lambda: len(at.agent) == 1)
        await stream.write(b"still open")
        assert await stream.read() == b"still open"
        await stream.close()


async def test_another_host_is_not_found_through_the_door(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        with pytest.raises(HostAway):
            await open_through(at.door, uuid4(), ENGINE)


async def test_without_a_gateway_it_says_what_to_start(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="docker_endpoint") as caught:
        await open_through(tmp_path / "none.sock", uuid4(), ENGINE)
    assert caught.value.code == "gateway-away"


async def test_open_stream_is_the_registry_in_the_gateway_and_the_door_elsewhere(tmp_path: Path, settings: Any) -> None:
    settings.GATEWAY_SOCKET = str(tmp_path / "gateway" / "streams.sock")
    async with scene(tmp_path) as at:
        streams_serve_here(at.registry.open)
        try:
            here = await open_stream(host_id=at.host_id, request=ENGINE)
        finally:
            streams_serve_here(None)
        elsewhere = await open_stream(host_id=at.host_id, request=ENGINE)
        for stream in (here, elsewhere):
            await stream.write(b"hello")
            assert await stream.read() == b"hello"
            await stream.close()
