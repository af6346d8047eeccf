"""Build contexts: exactly what was announced, or nothing; and no file stays behind."""

import time

import msgspec
import pytest

from engine_agent.portal_http import PortalClient, portal_at, signed_headers
from engine_agent.protocol import public_key_of, request_bytes, verify
from engine_agent.protocol.bodies import BuildContext
from engine_agent.state import StateDir
from engine_agent.work.contexts import MAX_CONTEXT, fetcher
from engine_agent.work.images import Fetch
from engine_agent.work.outcome import Failure
from tests.sim.portal import FakePortal

ARCHIVE = b"a tar archive" * 10_000


@pytest.fixture
def fetch(fake_portal: FakePortal, state: StateDir) -> Fetch:
    """Fetches as an enrolled host."""
    fake_portal.keys[public_key_of(state.key())] = "host-1"
    return fetcher(PortalClient(portal_at(fake_portal.origin)), state.key, state.spool)


async def refused(fetch: Fetch, context: BuildContext) -> str:
    """The code a context is refused with."""
    with pytest.raises(Failure) as caught:
        async with fetch(context):
            raise AssertionError("it was given out")
    return caught.value.code


async def test_a_context_is_there_for_as_long_as_it_is_needed(
    fake_portal: FakePortal, state: StateDir, fetch: Fetch
) -> None:
    async with fetch(fake_portal.context(ARCHIVE)) as path:
        assert path.read_bytes() == ARCHIVE
        assert path.stat().st_mode & 0o077 == 0
    assert list(state.spool.iterdir()) == []


@pytest.mark.parametrize("came", [ARCHIVE[:-1], ARCHIVE + b"more", b"", ARCHIVE[:-1] + b"X"])
async def test_anything_else_is_damaged(fake_portal: FakePortal, state: StateDir, fetch: Fetch, came: bytes) -> None:
    context = fake_portal.context(ARCHIVE)
    fake_portal.contexts[context.sha256] = came
    assert await refused(fetch, context) == "context-damaged"
    assert list(state.spool.iterdir()) == []


async def test_one_the_portal_does_not_have(fake_portal: FakePortal, fetch: Fetch) -> None:
    context = msgspec.structs.replace(fake_portal.context(ARCHIVE), path="/api/v1/agent/contexts/none.tar")
    assert await refused(fetch, context) == "context-missing"


async def test_a_portal_that_is_away(fake_portal: FakePortal, fetch: Fetch) -> None:
    context = fake_portal.context(ARCHIVE)
    await fake_portal.shut()
    assert await refused(fetch, context) == "context-missing"


@pytest.mark.parametrize("change", [{"path": "https://elsewhere.example/x"}, {"path": ""}, {"size": MAX_CONTEXT + 1}])
async def test_what_cannot_be_a_context_is_not_asked_for(
    fake_portal: FakePortal, fetch: Fetch, change: dict[str, object]
) -> None:
    assert await refused(fetch, msgspec.structs.replace(fake_portal.context(ARCHIVE), **change)) == "context-refused"


def test_a_request_is_signed_for_the_portals_time(state: StateDir) -> None:
    [(name, value)] = signed_headers(state.key(), "GET", "/x", 1_800_000_000.9)
    public, at, signature = value.removeprefix("Pierhead-Agent ").split(":")
    assert (name, at) == ("Authorization", "1800000000")
    key = bytes.fromhex(public)
    assert verify(key, request_bytes("GET", "/x", 1_800_000_000, key), bytes.fromhex(signature))


async def test_the_portals_clock_is_asked_for_each_context(fake_portal: FakePortal, state: StateDir) -> None:
    asked: list[float] = []

    def clock() -> float:
        asked.append(time.time())
        return asked[-1]

    fake_portal.keys[public_key_of(state.key())] = "host-1"
    fetch = fetcher(PortalClient(portal_at(fake_portal.origin)), state.key, state.spool, clock)
    async with fetch(fake_portal.context(ARCHIVE)):
        assert len(asked) == 1
