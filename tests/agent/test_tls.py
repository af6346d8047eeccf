"""The portal proves itself: a private authority is named or refused, and the one of enrolment is pinned."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from engine_agent.agent import Agent
from engine_agent.enrolment import Wish, enrol
from engine_agent.http1 import Request
from engine_agent.portal_http import PortalClient, portal_at, signed_headers
from engine_agent.problems import PortalUnreachable
from engine_agent.protocol.messages import Snapshot
from engine_agent.state import StateDir
from tests.agent.authorities import Authority
from tests.agent.test_link import told, until
from tests.sim.engine import SimEngine
from tests.sim.portal import FakePortal

StartPinned = Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def fake_portal_tls(authority: Authority) -> ssl.SSLContext:
    return authority.server("portal")


@pytest.fixture
async def fake_portal(fake_portal_tls: ssl.SSLContext) -> AsyncIterator[FakePortal]:
    """The small portal behind TLS."""
    async with FakePortal(heartbeat=1.0, tls=fake_portal_tls) as portal:
        yield portal


def wish(portal: FakePortal, engine: SimEngine, ca: Path | None) -> Wish:
    return Wish(portal.origin, "good-token", engine.address, ca)


async def test_an_authority_nobody_named_is_not_believed(
    fake_portal: FakePortal, sim_engine: SimEngine, state: StateDir
) -> None:
    with pytest.raises(PortalUnreachable) as caught:
        await enrol(wish(fake_portal, sim_engine, None), state)
    assert "certificate" in caught.value.what
    assert "--ca FILE" in caught.value.remedy
    assert fake_portal.enrolments == []


async def test_another_authority_is_not_believed(
    fake_portal: FakePortal, sim_engine: SimEngine, state: StateDir, tmp_path: Path
) -> None:
    with pytest.raises(PortalUnreachable):
        await enrol(wish(fake_portal, sim_engine, Authority(tmp_path, "theirs").pem), state)


async def test_the_authority_of_enrolment_is_pinned(
    fake_portal: FakePortal, sim_engine: SimEngine, state: StateDir, authority: Authority
) -> None:
    done = await enrol(wish(fake_portal, sim_engine, authority.pem), state)
    assert done.enrolled.pinned
    assert state.ca.read_text() == authority.pem.read_text()


async def test_an_authority_the_system_trusts_is_pinned_too(
    fake_portal: FakePortal,
    sim_engine: SimEngine,
    state: StateDir,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.pem))
    done = await enrol(wish(fake_portal, sim_engine, None), state)
    assert done.enrolled.pinned
    context = ssl.create_default_context(cafile=str(state.ca))
    assert len(context.get_ca_certs()) == 1


@pytest.fixture
def pinned(fake_portal: FakePortal, sim_engine: SimEngine, state: StateDir, authority: Authority) -> StartPinned:
    """An agent that enrolled with the authority and is connected."""

    @contextlib.asynccontextmanager
    async def start() -> AsyncIterator[None]:
        done = await enrol(wish(fake_portal, sim_engine, authority.pem), state)
        stop = asyncio.Event()
        task = asyncio.create_task(Agent(state, done.enrolled, state.known_key()).run(stop))
        try:
            await fake_portal.hear(Snapshot, timeout=20)
            yield
        finally:
            stop.set()
            await task

    return start


async def test_a_renewed_certificate_of_the_pinned_authority_is_fine(
    fake_portal: FakePortal, sim_engine: SimEngine, state: StateDir, authority: Authority, pinned: StartPinned
) -> None:
    async with pinned():
        await fake_portal.shut()
        fake_portal.tls = authority.server("renewed")
        heard = len(fake_portal.heard)
        await fake_portal.open()
        await fake_portal.hear(Snapshot, after=heard, timeout=20)


async def test_a_portal_of_another_authority_is_not_spoken_to(
    fake_portal: FakePortal, sim_engine: SimEngine, state: StateDir, tmp_path: Path, pinned: StartPinned
) -> None:
    async with pinned():
        await fake_portal.shut()
        fake_portal.tls = Authority(tmp_path, "theirs").server("impostor")
        await fake_portal.open()
        await until(lambda: "not trusted" in told(state).reason, seconds=20)
    assert len(fake_portal.hellos) == 1


async def test_signed_requests(fake_portal: FakePortal, authority: Authority, state: StateDir) -> None:
    context = fake_portal.context(b"archive")
    client = PortalClient(portal_at(fake_portal.origin, ca=authority.pem))
    headers = signed_headers(state.key(), "GET", context.path)
    async with client.stream(Request("GET", context.path, client.portal.authority, headers)) as response:
        assert (response.status, await response.read(100)) == (200, b"archive")
    async with client.stream(Request("GET", "/other", client.portal.authority, headers)) as response:
        assert response.status == 404
        await response.read(1000)
