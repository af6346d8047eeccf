"""What is believed of a connection: silence, gaps, a clock that is wrong, and a node that goes away."""

import asyncio
import time
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from engine_agent.protocol import decode_from_portal
from engine_agent.protocol import messages as wire
from hosts.consumers.draining import agents_drain
from hosts.consumers.presence import SILENT_AFTER, TICK, presence
from hosts.models import Container, Host
from hosts.models.hosts import HEARTBEAT
from hosts.selectors.hosts import age_seconds, facts_fresh
from tests.hosts.wiring import connected, eventually, give_key, wire_to_portal
from tests.sim.agents import SimAgent, container
from tests.sim.wires import closing_code

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(host: Host) -> Host:
    return Host.objects.get(pk=host.pk)


def test_two_lost_heartbeats_are_borne_and_silence_is_noticed_within_fifteen_seconds() -> None:
    assert 2 * HEARTBEAT.total_seconds() + TICK < SILENT_AFTER
    assert SILENT_AFTER + 2 * TICK <= 15


async def test_a_connection_that_is_nearly_silent_is_kept(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    connection = await wire_to_portal()
    await agent.shake_hands(connection)
    now = asyncio.get_running_loop().time()
    await presence().tick(now + SILENT_AFTER - 0.5)
    assert (await sync_to_async(fresh)(linux_host)).link
    await presence().tick(now + SILENT_AFTER + 1.0)
    assert await closing_code(connection) == 4408


async def test_a_gap_in_the_numbers_asks_for_a_snapshot_and_nothing_is_believed_until_it_comes(
    linux_host: Host,
) -> None:
    agent = SimAgent(containers={container(1).cid: container(1)}, heartbeat=60)
    await give_key(linux_host, agent)
    async with connected(agent):
        await eventually(lambda: Container.objects.count() == 1)
        agent.containers[container(2).cid] = container(2)
        agent.sequence += 1  # this one is lost on the way
        await agent.change(container(3))
        await eventually(lambda: Container.objects.count() == 3)
        assert agent.snapshots == 2


async def test_a_heartbeat_that_names_another_number_is_a_gap_too(linux_host: Host) -> None:
    agent = SimAgent(heartbeat=60)
    await give_key(linux_host, agent)
    async with connected(agent):
        await agent.change(container(1))
        await eventually(lambda: Container.objects.count() == 1)
        agent.containers[container(2).cid] = container(2)
        agent.sequence += 1
        await agent.say(wire.Heartbeat(agent.sequence))
        await eventually(lambda: Container.objects.count() == 2)


@pytest.mark.parametrize("skew", [3600.0, -7200.0])
async def test_a_clock_that_is_wrong_is_noted_and_changes_no_age(linux_host: Host, skew: float) -> None:
    agent = SimAgent(heartbeat=60, containers={container(1).cid: container(1)})
    await give_key(linux_host, agent)
    async with connected(agent):
        await eventually(lambda: Container.objects.count() == 1)
        await agent.say(wire.Heartbeat(agent.sequence, time.time() + skew))
        await eventually(lambda: abs(fresh(linux_host).clock_skew - skew) < 5)
        host = await sync_to_async(fresh)(linux_host)
        age = age_seconds(host.observed_at)
        assert age is not None
        assert age < 30
        assert facts_fresh(host=host)
        await agent.say(wire.Heartbeat(agent.sequence, time.time()))
        await eventually(lambda: abs(fresh(linux_host).clock_skew) < 5)


@pytest.mark.parametrize("clock", [0.0, float("nan"), float("inf"), -1e300])
async def test_a_senseless_clock_is_passed_over(linux_host: Host, clock: float) -> None:
    agent = SimAgent(heartbeat=60)
    await give_key(linux_host, agent)
    async with connected(agent):
        await agent.say(wire.Heartbeat(agent.sequence, clock))
        await agent.change(container(1))
        await eventually(lambda: Container.objects.count() == 1)
        assert (await sync_to_async(fresh)(linux_host)).clock_skew == 0


async def test_a_small_difference_is_not_written_down_each_time(linux_host: Host) -> None:
    agent = SimAgent(heartbeat=60)
    await give_key(linux_host, agent)
    async with connected(agent):
        for number in range(3):
            await agent.say(wire.Heartbeat(agent.sequence, time.time() + 1 + number * 0.1))
        await agent.change(container(1))
        await eventually(lambda: Container.objects.count() == 1)
        assert (await sync_to_async(fresh)(linux_host)).clock_skew == 0


async def test_a_node_that_goes_away_says_when_to_come_back(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    connection = await wire_to_portal()
    await agent.shake_hands(connection)
    assert await agents_drain() == 1
    message = decode_from_portal(await connection.receive())
    while not isinstance(message, wire.Drain):
        message = decode_from_portal(await connection.receive())
    assert 1.0 <= message.within < 2.0
    assert await closing_code(connection) == 1012
    assert (await sync_to_async(fresh)(linux_host)).link == ""


def test_facts_of_a_host_that_is_away_have_an_age(linux_host: Host) -> None:
    Host.objects.update(link="", observed_at=timezone.now() - timedelta(minutes=7))
    host = fresh(linux_host)
    age = age_seconds(host.observed_at)
    assert age is not None
    assert 400 < age < 500
    assert not facts_fresh(host=host)
