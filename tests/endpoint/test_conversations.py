"""HTTP through the endpoint: what passes unchanged, what is refused, and how it ends when something breaks."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hosts.gateway import inbox as inbox_module
from hosts.models import Host
from portal.people.models import AuditEntry, User
from tests.endpoint.serving import HttpEngine, Served, Talk, endpoint_before, request
from tests.endpoint.streaming import until

pytestmark = pytest.mark.django_db(transaction=True)

CREATED = b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"Id":"abc"}'
UPGRADE = ("Connection: Upgrade", "Upgrade: tcp")


def message(body: bytes) -> str:
    return str(json.loads(body)["message"])


@pytest.fixture
def engine() -> HttpEngine:
    return HttpEngine()


@pytest.fixture
async def served(tmp_path: Path, linux_host: Host, engine: HttpEngine) -> AsyncIterator[Served]:
    async with endpoint_before(tmp_path, linux_host, engine=engine) as at:
        yield at


@pytest.fixture
async def talk(served: Served, admin: User, linux_host: Host) -> AsyncIterator[Talk]:
    """A connection of an admin."""
    files = await served.context(admin, linux_host)
    async with served.client(files) as talk:
        yield talk


async def test_many_requests_on_one_connection_use_one_to_the_engine(talk: Talk, engine: HttpEngine) -> None:
    for number in range(20):
        assert (await talk.ask("GET", f"/v1.41/containers/{number}/json"))[0] == 200
    assert engine.connections == 1
    assert len(engine.heard) == 20


async def test_pipelined_requests_are_answered_in_order(talk: Talk, engine: HttpEngine) -> None:
    await talk.say(request("GET", "/info") + request("GET", "/version") + request("HEAD", "/_ping"))
    assert [(await talk.answer(method))[0] for method in ("GET", "GET", "HEAD")] == [200, 200, 200]
    assert engine.asked == ["GET /info", "GET /version", "HEAD /_ping"]


async def test_a_json_body_arrives_as_it_was(talk: Talk, engine: HttpEngine) -> None:
    engine.answers["POST /v1.41/containers/create"] = CREATED
    body = b'{"Image": "busybox",  "Cmd": ["sh"]}'
    assert await talk.ask("POST", "/v1.41/containers/create", body=body) == (201, b'{"Id":"abc"}')
    chunks = b"10\r\n" + body[:16] + b"\r\n" + b"%x\r\n" % len(body[16:]) + body[16:] + b"\r\n0\r\n\r\n"
    await talk.say(request("POST", "/v1.41/containers/create", "Transfer-Encoding: chunked", length=False) + chunks)
    assert (await talk.answer())[0] == 201
    assert [heard for _head, heard in engine.heard] == [body, body]


async def test_a_streamed_body_passes_in_chunks_with_its_trailers(talk: Talk, engine: HttpEngine) -> None:
    body = os.urandom(300_000)
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(body[at : at + 7001]), body[at : at + 7001]) for at in range(0, len(body), 7001)
    )
    fields = ("Transfer-Encoding: chunked", "Trailer: X-Sum", "Content-Type: application/x-tar")
    await talk.say(request("POST", "/v1.41/images/load", *fields, length=False) + chunks + b"0\r\nX-Sum: 1\r\n\r\n")
    assert (await talk.answer())[0] == 200
    head, heard = engine.heard[0]
    assert heard == body
    assert head.value(b"trailer") == "X-Sum"
    assert (await talk.ask("GET", "/info"))[0] == 200


async def test_expectations_are_met(talk: Talk, engine: HttpEngine) -> None:
    body = b'{"Image":"busybox"}'
    fields = ("Expect: 100-continue", f"Content-Length: {len(body)}")
    await talk.say(request("POST", "/v1.41/containers/create", *fields, length=False))
    async with asyncio.timeout(10):
        assert await talk.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    await talk.say(body)
    assert (await talk.answer())[0] == 200
    assert engine.heard[0][0].value(b"expect") == ""


async def test_an_answer_in_chunks_passes_as_it_comes(talk: Talk, engine: HttpEngine) -> None:
    go = asyncio.Event()

    async def follow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst\n\r\n")
        await go.wait()
        writer.write(b"7\r\nsecond\n\r\n0\r\nX-End: yes\r\n\r\n")
        await reader.read(1)

    engine.answers["GET /v1.41/events"] = follow
    await talk.say(request("GET", "/v1.41/events"))
    async with asyncio.timeout(10):
        first = await talk.reader.readuntil(b"first\n\r\n")
        go.set()
        rest = await talk.reader.readuntil(b"X-End: yes\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in first
    assert rest == b"7\r\nsecond\n\r\n0\r\nX-End: yes\r\n\r\n"
    assert (await talk.ask("GET", "/info"))[0] == 200


async def test_a_connection_that_is_taken_over_carries_bytes_both_ways(talk: Talk, engine: HttpEngine) -> None:
    async def attach(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello ")
        while piece := await reader.read(100):
            writer.write(piece.upper())
        writer.write(b" bye")

    engine.answers["POST /v1.41/containers/x/attach?stream=1"] = attach
    await talk.say(request("POST", "/v1.41/containers/x/attach?stream=1", *UPGRADE))
    async with asyncio.timeout(10):
        await talk.reader.readuntil(b"hello ")
        await talk.say(b"GET /looks-like HTTP/1.1\r\n\r\n\x00\xff")
        assert await talk.reader.readexactly(30) == b"GET /LOOKS-LIKE HTTP/1.1\r\n\r\n\x00\xff"
    assert engine.asked == ["POST /v1.41/containers/x/attach?stream=1"]


async def test_the_old_way_to_take_over_without_a_word_of_it(talk: Talk, engine: HttpEngine) -> None:
    async def attach(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n")
        writer.write(await reader.readexactly(5))

    engine.answers["POST /v1.41/containers/x/attach"] = attach
    await talk.say(request("POST", "/v1.41/containers/x/attach"))
    async with asyncio.timeout(10):
        await talk.reader.readuntil(b"\r\n\r\n")
        await talk.say(b"bytes")
        assert await talk.reader.readexactly(5) == b"bytes"


async def test_nothing_follows_a_takeover_that_was_refused(talk: Talk, engine: HttpEngine) -> None:
    refused = b'HTTP/1.1 404 Not Found\r\nContent-Length: 17\r\n\r\n{"message":"no "}'
    engine.answers["POST /v1.41/containers/x/attach"] = refused
    smuggled = request("POST", "/v1.41/containers/x/kill")
    await talk.say(request("POST", "/v1.41/containers/x/attach", *UPGRADE) + smuggled)
    status, _body = await talk.answer()
    assert status in (400, 404)
    await talk.ended()
    assert engine.asked == ["POST /v1.41/containers/x/attach"]


JSON_CHUNKED = b"POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n"
TAR_CHUNKED = b"POST /v1.41/images/load HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n"
BOTH = b"POST /info HTTP/1.1\r\nHost: d\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
SMUGGLED = {
    "length-and-coding": BOTH + b"0\r\n\r\n",
    "two-lengths": b"POST /info HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n",
    "folded": b"GET /info HTTP/1.1\r\nHost: d\r\nX: a\r\n b: c\r\n\r\n",
    "bare-newlines": b"GET /info HTTP/1.1\nHost: d\n\n",
    "bare-newline-in-head": b"GET /info HTTP/1.1\r\nHost: d\nX: y\r\n\r\n",
    "old-version": b"GET /info HTTP/1.0\r\nHost: d\r\n\r\n",
    "absolute": b"GET http://elsewhere/info HTTP/1.1\r\nHost: d\r\n\r\n",
    "connect": b"CONNECT d:80 HTTP/1.1\r\nHost: d\r\n\r\n",
    "large": b"GET /info HTTP/1.1\r\nHost: d\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    "no-http": b"\x16\x03\x01 this is something else\r\n\r\n",
    "bad-chunk": TAR_CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n",
    "chunk-extension": JSON_CHUNKED + b"2;a=b\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("data", SMUGGLED.values(), ids=SMUGGLED.keys())
async def test_what_could_be_read_in_two_ways_ends_the_connection(talk: Talk, engine: HttpEngine, data: bytes) -> None:
    await talk.say(data + request("GET", "/version"))
    status, _body = await talk.answer()
    assert 400 <= status < 506
    assert await talk.ended() == b""
    assert "GET /version" not in engine.asked


TARGETS = {
    "encoded-slash": "/v1.41/containers%2fcreate",
    "encoded-dot": "/v1.41/%2e%2e/containers/json",
    "dot-segments": "/v1.41/images/../containers/json",
    "doubled-slash": "//v1.41/containers/json",
    "doubled-inside": "/v1.41//containers/json",
    "two-versions": "/v1.41/v1.41/containers/json",
    "odd-version": "/v1.41.1/containers/json",
    "no-version-number": "/v/containers/json",
    "letter-case": "/v1.41/Containers/json",
    "percent": "/v1.41/containers/%zz/json",
    "nul": "/v1.41/containers/%00/json",
    "unknown": "/v1.41/plugins-of-another-kind",
    "semicolon": "/v1.41/containers/json?a=1;b=2",
    "twice": "/v1.41/containers/json?all=0&all=1",
}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
async def test_addresses_that_are_not_passed_on(talk: Talk, engine: HttpEngine, target: str) -> None:
    status, body = await talk.ask("GET", target)
    assert status in (400, 403, 404)
    assert message(body)
    assert engine.asked == []
    assert (await talk.ask("GET", "/info"))[0] == 200, "the connection is still in order"
    await until(lambda: True)


async def test_old_versions_of_the_api_read_and_no_more(talk: Talk, engine: HttpEngine) -> None:
    """Before 1.24 a container's start took a configuration of its own."""
    assert (await talk.ask("GET", "/v1.22/images/x/get"))[0] == 200
    status, _body = await talk.ask("POST", "/v1.22/containers/x/start", body=b"{}")
    assert status == 400
    assert engine.asked == ["GET /v1.22/images/x/get"]


async def test_denials_are_in_the_audit(served: Served, talk: Talk) -> None:
    await talk.ask("POST", "/v1.41/nothing/of/the/kind")
    await talk.ask("POST", "/v1.41/containers/web/stop")
    await talk.ask("GET", "/v1.41/containers/json")
    await served.endpoint.records.flush()
    rows = [(row.action, row.result) async for row in AuditEntry.objects.filter(action__startswith="docker.")]
    assert sorted(rows) == [("docker.containers.stop", "done"), ("docker.nothing.kind", "denied")]


async def test_duplicate_keys_in_json_are_refused(tmp_path: Path, linux_host: Host, deployer: User) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(deployer, linux_host)
        async with at.client(files) as talk:
            body = b'{"Image":"x","HostConfig":{"Privileged":false},"HostConfig":{"Privileged":true}}'
            status, answer = await talk.ask("POST", "/v1.41/containers/create", body=body)
            assert status in (400, 403)
            assert message(answer)
            status, answer = await talk.ask(
                "POST", "/v1.41/containers/create", body=b'{"HostConfig":{"Privileged":true}}'
            )
            assert status == 403
            assert "rivileged" in message(answer)
        assert at.engine.asked == []


async def test_a_body_that_is_too_large_to_judge(talk: Talk, engine: HttpEngine) -> None:
    await talk.say(request("POST", "/v1.41/containers/create", f"Content-Length: {3 * 2**20}", length=False))
    assert (await talk.answer())[0] == 413
    assert engine.asked == []


async def test_a_host_that_is_away_is_named(tmp_path: Path, linux_host: Host, admin: User) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(admin, linux_host)
        at.scene.fleet.away.add(linux_host.pk)
        async with at.client(files) as talk:
            status, body = await talk.ask("GET", "/v1.41/containers/json")
            assert status == 503
            assert "linux-host" in message(body)
            assert (await talk.ask("HEAD", "/_ping"))[0] == 503


async def test_an_agent_lost_in_the_middle_is_never_an_end_in_order(
    served: Served, talk: Talk, engine: HttpEngine
) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        await asyncio.sleep(3600)

    engine.answers["GET /v1.41/images/get?names=x"] = half
    await talk.say(request("GET", "/v1.41/images/get?names=x"))
    async with asyncio.timeout(10):
        await talk.reader.readuntil(b"half\r\n")
    await served.scene.agent.close()
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(10):
            await talk.reader.read()


async def test_an_engine_that_gives_up_in_the_middle_is_no_end_in_order_either(talk: Talk, engine: HttpEngine) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    engine.answers["GET /v1.41/info"] = half
    await talk.say(request("GET", "/v1.41/info"))
    async with asyncio.timeout(10):
        await talk.reader.readuntil(b"half")
        with pytest.raises(ConnectionError):
            await talk.reader.read()


async def test_an_engine_that_does_not_answer_is_told(tmp_path: Path, linux_host: Host, admin: User) -> None:
    async with endpoint_before(tmp_path, linux_host) as at:
        files = await at.context(admin, linux_host)
        (tmp_path / "engine.sock").unlink()
        async with at.client(files) as talk:
            status, body = await talk.ask("GET", "/v1.41/info")
        assert status == 503
        assert "linux-host" in message(body)


async def test_a_used_connection_that_ended_meanwhile_is_not_noticed(
    tmp_path: Path, linux_host: Host, admin: User
) -> None:
    engine = HttpEngine()

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()

    engine.answers["GET /version"] = once
    async with endpoint_before(tmp_path, linux_host, engine=engine) as at:
        files = await at.context(admin, linux_host)
        async with at.client(files) as talk:
            for _ in range(5):
                assert (await talk.ask("GET", "/version"))[0] == 200
                assert (await talk.ask("GET", "/info"))[0] == 200


async def test_a_slow_head_is_cut(served: Served, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "HEAD_SECONDS", 0.3)
    await talk.say(b"GET /info HTTP/1.1\r\nHo")
    assert await talk.ended() == b""


async def test_a_head_that_comes_byte_by_byte_is_cut_all_the_same(
    served: Served, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "HEAD_SECONDS", 0.5)
    ended = asyncio.ensure_future(talk.ended())
    with contextlib.suppress(ConnectionError):
        await talk.say(b"GET /info HTTP/1.1\r\nX: ")
        while not ended.done():
            await talk.say(b"y")
            await asyncio.wait([ended], timeout=0.05)
    assert await ended == b""


async def test_an_idle_connection_is_let_go(served: Served, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "IDLE_SECONDS", 0.3)
    assert (await talk.ask("GET", "/info"))[0] == 200
    assert await talk.ended() == b""


async def test_a_body_that_does_not_come_is_cut(served: Served, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "BODY_SECONDS", 0.3)
    await talk.say(request("POST", "/v1.41/images/load", "Content-Length: 100", length=False) + b"some")
    assert await talk.ended() == b""


async def test_a_handshake_that_does_not_come_is_cut(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hosts.gateway.endpoint.HANDSHAKE_SECONDS", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.endpoint.port)
    talk = Talk(reader, writer)
    await talk.say(b"\x16\x03\x01")
    assert await talk.ended() == b""
    writer.close()


async def test_one_address_cannot_take_every_place(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hosts.gateway.endpoint.MOST_UNKNOWN", 3)
    held = [await asyncio.open_connection("127.0.0.1", served.endpoint.port) for _ in range(5)]
    async with asyncio.timeout(10):
        for reader, _writer in held[3:]:
            try:
                assert await reader.read() == b""
            except ConnectionError:
                continue
    for _reader, writer in held:
        writer.close()


async def test_a_reader_that_stops_stops_the_engine(served: Served, talk: Talk, engine: HttpEngine) -> None:
    sent = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n")
        while True:
            writer.write(bytes(65536))
            await writer.drain()
            sent += 65536

    engine.answers["GET /v1.41/images/get?names=x"] = pour
    talk.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await talk.say(request("GET", "/v1.41/images/get?names=x"))
    before = -1
    async with asyncio.timeout(30):
        while sent != before or sent == 0:
            before = sent
            await asyncio.sleep(0.3)
    assert sent < 64 * 2**20


async def test_lists_and_documents_are_filtered_for_who_reads(tmp_path: Path, linux_host: Host, viewer: User) -> None:
    document = b'{"Id":"abc","Config":{"Env":["PASSWORD=secret","PATH=/bin"]}}'
    engine = HttpEngine()
    engine.answers["GET /v1.41/containers/web/json"] = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"%x\r\n%s\r\n0\r\n\r\n" % (len(document), document)
    )
    async with endpoint_before(tmp_path, linux_host, engine=engine) as at:
        files = await at.context(viewer, linux_host)
        async with at.client(files) as talk:
            status, body = await talk.ask("GET", "/v1.41/containers/web/json")
            assert status == 200
            assert b"secret" not in body
            assert json.loads(body)["Id"] == "abc"
            assert (await talk.ask("GET", "/info"))[0] == 200


async def test_an_exec_session_is_its_maker_s(tmp_path: Path, linux_host: Host, deployer: User, team: object) -> None:
    from asgiref.sync import sync_to_async

    from portal.people.models import Role, Team
    from tests.people import make_user

    assert isinstance(team, Team)
    other = await sync_to_async(make_user)("second", team, Role.DEPLOYER)
    inspect = b'{"Id":"web","HostConfig":{},"Config":{},"Mounts":[]}'
    engine = HttpEngine()
    engine.answers["GET /containers/web/json"] = (
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(inspect) + inspect
    )
    engine.answers["POST /v1.41/containers/web/exec"] = CREATED
    async with endpoint_before(tmp_path, linux_host, engine=engine) as at:
        mine, theirs = await at.context(deployer, linux_host), await at.context(other, linux_host)
        async with at.client(mine) as first, at.client(theirs) as second:
            status, body = await first.ask("POST", "/v1.41/containers/web/exec", body=b'{"Cmd":["sh"]}')
            assert (status, body) == (201, b'{"Id":"abc"}'), message(body)
            assert (await second.ask("POST", "/v1.41/exec/abc/start", body=b"{}"))[0] == 403
            assert (await first.ask("POST", "/v1.41/exec/abc/start", body=b"{}"))[0] == 200
