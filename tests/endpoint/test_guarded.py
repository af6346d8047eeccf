"""The host owner's policy on a stream: read by the agent itself, whatever the portal lets through."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine_agent.policy.guard import Asked
from engine_agent.protocol.policy import Refusal
from engine_agent.protocol.streams import StreamRequest
from engine_agent.streams import join
from hosts.gateway.line import AgentLine
from hosts.gateway.streams import StreamLost
from tests.endpoint.serving import HttpEngine, Talk, request
from tests.endpoint.streaming import Scene, scene

ENGINE = StreamRequest()


class Owner:
    """Forbids privileged containers, and everything about images."""

    def __init__(self) -> None:
        self.armed = True
        self.asked: list[Asked] = []

    async def request_refusal(self, asked: Asked) -> Refusal | None:
        self.asked.append(asked)
        if "/images/" in asked.path:
            return Refusal("allowed", f"{asked.method} {asked.path} was asked for")
        if asked.body_needed and b"Privileged" in (asked.body or b""):
            return Refusal("containers.privileged", "The container is privileged")
        return None


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
def engine() -> HttpEngine:
    return HttpEngine()


@pytest.fixture
async def at(tmp_path: Path, owner: Owner, engine: HttpEngine) -> AsyncIterator[Scene]:
    async with scene(tmp_path, engine.serve, ready=0, watch=owner) as running:
        yield running


class LineTalk(Talk):
    """The portal's side of a stream, as a test speaks it."""

    def __init__(self, line: AgentLine) -> None:
        self.line = line

    async def say(self, data: bytes) -> None:
        await self.line.write(data)

    async def until(self, mark: bytes) -> bytes:
        seen = b""
        async with asyncio.timeout(10):
            while mark not in seen:
                piece = await self.line.read()
                assert piece, f"{mark!r} did not come, {seen!r} did"
                seen += piece
        return seen

    async def rest(self) -> bytes:
        seen = b""
        async with asyncio.timeout(10):
            while piece := await self.line.read():
                seen += piece
        return seen


async def opened(at: Scene) -> LineTalk:
    return LineTalk(await at.registry.open(at.host_id, ENGINE))


async def test_what_is_allowed_passes_unchanged(at: Scene, engine: HttpEngine, owner: Owner) -> None:
    talk = await opened(at)
    body = b'{"Image":"busybox"}'
    for data in (
        request("GET", "/v1.41/info"),
        request("POST", "/v1.41/containers/create?name=a", "Content-Type: application/json", body=body),
        request("POST", "/containers/create", "Transfer-Encoding: chunked", length=False) + b"2\r\n{}\r\n0\r\n\r\n",
        request("PUT", "/containers/a/archive?path=/", body=b"a tar, as far as anybody knows"),
    ):
        await talk.say(data)
        await talk.until(b"{}")
    assert engine.asked[1] == "POST /v1.41/containers/create?name=a"
    assert [heard for _head, heard in engine.heard] == [b"", body, b"{}", b"a tar, as far as anybody knows"]
    assert [one.body for one in owner.asked] == [None, body, b"{}", None]
    assert owner.asked[1].content_type == "application/json"
    assert owner.asked[1].query == "name=a"


async def test_byte_by_byte_is_the_same(at: Scene, engine: HttpEngine) -> None:
    talk = await opened(at)
    for byte in request("POST", "/containers/create", body=b'{"Image":"busybox"}'):
        await talk.say(bytes([byte]))
    await talk.until(b"{}")
    assert engine.heard[0][1] == b'{"Image":"busybox"}'


@pytest.mark.parametrize(
    "data",
    [
        request("POST", "/v1.41/images/create?fromImage=x"),
        request("POST", "/containers/create", body=b'{"HostConfig":{"Privileged":true}}'),
        request("POST", "/containers/create", "Transfer-Encoding: chunked", length=False)
        + b'4\r\n{"Ho\r\n1e\r\nstConfig":{"Privileged":true}}\r\n0\r\n\r\n',
    ],
)
async def test_what_is_forbidden_never_reaches_the_engine(at: Scene, engine: HttpEngine, data: bytes) -> None:
    talk = await opened(at)
    await talk.say(data)
    answer = await talk.rest()
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert "owner of the host" in json.loads(answer.split(b"\r\n\r\n")[1])["message"]
    assert engine.heard == []


@pytest.mark.parametrize(
    "data",
    [
        b"GET /info HTTP/1.1\r\nHost: d\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /info HTTP/1.0\r\n\r\n",
        b"GET /info HTTP/1.1\nHost: d\r\n\r\n",
        b"X" * 70_000,
        request("POST", "/containers/create", f"Content-Length: {9 * 2**20}", length=False) + b"{",
    ],
)
async def test_what_cannot_be_judged_is_turned_away(at: Scene, engine: HttpEngine, data: bytes) -> None:
    talk = await opened(at)
    await talk.say(data)
    assert (await talk.rest())[:10] in (b"HTTP/1.1 4", b"HTTP/1.1 5")
    assert engine.heard == []


async def test_no_request_hides_behind_another(at: Scene, engine: HttpEngine) -> None:
    talk = await opened(at)
    await talk.say(request("GET", "/info") + request("GET", "/version"))
    await talk.rest()
    assert "GET /version" not in engine.asked


async def test_a_takeover_is_bytes_from_the_engine_s_word_on(at: Scene, engine: HttpEngine) -> None:
    async def attach(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
        while piece := await reader.read(100):
            writer.write(piece)

    engine.answers["POST /containers/a/attach"] = attach
    talk = await opened(at)
    await talk.say(request("POST", "/containers/a/attach", "Connection: Upgrade", "Upgrade: tcp"))
    await talk.until(b"\r\n\r\n")
    await talk.say(request("POST", "/images/create"))
    await talk.until(b"/images/create")


async def test_a_takeover_that_the_engine_refuses_opens_nothing(at: Scene, engine: HttpEngine) -> None:
    engine.answers["POST /containers/a/attach"] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"
    talk = await opened(at)
    await talk.say(request("POST", "/containers/a/attach", "Connection: Upgrade", "Upgrade: tcp"))
    await talk.until(b"{}")
    await talk.say(request("POST", "/images/create?fromImage=x"))
    assert b"403 Forbidden" in await talk.rest()
    assert engine.asked == ["POST /containers/a/attach"]


async def test_a_policy_that_appears_ends_what_was_begun_without_one(
    tmp_path: Path, engine: HttpEngine, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(join, "LOOK_SECONDS", 0.05)
    owner.armed = False
    async with scene(tmp_path, engine.serve, ready=0, watch=owner) as at:
        talk = await opened(at)
        await talk.say(request("POST", "/images/create"))
        await talk.until(b"{}")
        assert owner.asked == [], "without a policy nothing is read"
        owner.armed = True
        with contextlib.suppress(StreamLost):
            assert await talk.rest() == b""
        again = await opened(at)
        await again.say(request("POST", "/images/create"))
        assert b"403" in await again.rest()
