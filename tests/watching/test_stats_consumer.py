"""The socket of stats: sampled only while watched, once for all who look, events of a host, permission."""

import asyncio
import json
from typing import Any

import pytest
from channels.db import database_sync_to_async

from hosts.consumers.stats import StatsConsumer
from hosts.models import Container
from hosts.services.policies import policy_change
from hosts.stats import sampler
from hosts.stats.sampler import Samplers, history_of
from portal.people.access import portal_actor
from portal.people.models import Team, User
from portal.problems import Unavailable

from .conftest import Connect
from .fakes import FakeHost, FakeStream, answered, as_json, chunk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "EVERY", 0.01)


class Engine:
    """Answers stats that grow, and events."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, stream: FakeStream, method: str, target: str, body: bytes) -> None:
        if target.startswith("/events"):
            stream.say(answered(200, None))
            for action in ("exec_start: sh", "die", "start"):
                event = {
                    "Type": "container",
                    "Action": action,
                    "Actor": {"ID": "a", "Attributes": {"name": "web"}},
                    "timeNano": 5_000_000_000,
                }
                stream.say(chunk(json.dumps(event).encode() + b"\n"))
            return
        self.asked += 1
        stream.say(
            as_json(
                {
                    "read": f"2026-01-01T00:{self.asked // 60:02d}:{self.asked % 60:02d}Z",
                    "cpu_stats": {
                        "cpu_usage": {"total_usage": self.asked * 10},
                        "system_cpu_usage": self.asked * 100,
                        "online_cpus": 2,
                    },
                    "memory_stats": {"usage": 1000, "limit": 2000},
                }
            )
        )


def is_moment(message: Any) -> bool:
    return isinstance(message, dict) and "p" in message


async def test_a_container_by_itself(connect: Connect, container: Container, viewer: User) -> None:
    engine, samplers = Engine(), Samplers()
    browser = await connect(StatsConsumer, viewer, opener=FakeHost(engine), samplers=samplers)
    await browser.say({"host": str(container.host_id), "container": container.cid})
    assert (await browser.hear())["history"] == []
    assert (await browser.until(is_moment))["p"][0] is None
    second = await browser.until(is_moment)
    assert second["p"][:3] == [20.0, 1000, 2000]
    assert "rows" not in second


async def test_a_host_with_its_containers_events_and_history(
    connect: Connect, container: Container, viewer: User
) -> None:
    browser = await connect(StatsConsumer, viewer, opener=FakeHost(Engine()), samplers=Samplers())
    await browser.say({"host": str(container.host_id)})
    seen: dict[str, Any] = {}
    actions: list[str] = []
    while len(actions) < 2 or "rows" not in seen:
        message = await browser.hear()
        seen |= message
        if "event" in message:
            actions.append(message["event"]["action"])
    assert actions == ["die", "start"]
    assert seen["rows"][0][:2] == [container.cid, "web"]
    for _ in range(100):
        if await database_sync_to_async(history_of)(container.host_id):
            break
        await asyncio.sleep(0.02)
    again = await connect(StatsConsumer, viewer, opener=FakeHost(Engine()), samplers=Samplers())
    await again.say({"host": str(container.host_id)})
    assert (await again.until(lambda message: "history" in message))["history"]


async def test_two_who_look_ask_once_and_nobody_asks_no_more(
    connect: Connect, container: Container, viewer: User
) -> None:
    engine, samplers = Engine(), Samplers()
    host = FakeHost(engine)
    browsers = [await connect(StatsConsumer, viewer, opener=host, samplers=samplers) for _ in range(2)]
    for browser in browsers:
        await browser.say({"host": str(container.host_id), "container": container.cid})
        await browser.until(is_moment)
    assert len(host.streams) == 1
    for browser in browsers:
        await browser.communicator.disconnect()
    await asyncio.sleep(0.05)
    asked = engine.asked
    await asyncio.sleep(0.3)
    assert engine.asked == asked
    assert host.streams[0].closed


async def test_a_host_that_is_away_is_said(connect: Connect, container: Container, viewer: User) -> None:
    async def opener(**words: Any) -> FakeStream:
        raise Unavailable("The host is away.")

    browser = await connect(StatsConsumer, viewer, opener=staticmethod(opener), samplers=Samplers())
    await browser.say({"host": str(container.host_id), "container": container.cid})
    assert (await browser.until(lambda message: "away" in message))["away"] == "The host is away."


async def test_strangers_and_shared_hosts(
    connect: Connect, container: Container, viewer: User, stranger: User, team: Team
) -> None:
    browser = await connect(StatsConsumer, stranger, opener=FakeHost(Engine()), samplers=Samplers())
    await browser.say({"host": str(container.host_id)})
    assert (await browser.hear())["problem"]
    assert await browser.hear() == 4404
    await database_sync_to_async(policy_change)(team=team, actor=portal_actor(), shared_hosts=True)
    browser = await connect(StatsConsumer, viewer, opener=FakeHost(Engine()), samplers=Samplers())
    await browser.say({"host": str(container.host_id)})
    assert (await browser.hear())["problem"]["code"] == "not-allowed"
