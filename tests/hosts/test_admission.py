"""A crowd at the door: some inside, some in line, the others sent away with moments of their own."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from engine_agent.protocol import decode_from_portal, encode
from engine_agent.protocol import messages as wire
from hosts.consumers.admission import FIRST_AFTER, LONGEST, Admission, Crowded, admission
from hosts.consumers.agent import REFUSED
from hosts.models import Container, Host
from portal.people.models import AuditEntry
from tests.hosts.wiring import connected, eventually, give_key, wire_to_portal
from tests.sim.agents import SimAgent, container
from tests.sim.wires import closing_code


async def in_line(door: Admission, visitor: object) -> "asyncio.Task[None]":
    """A task that stands in line now."""
    task = asyncio.create_task(door.enter(visitor))
    await asyncio.sleep(0)
    assert not task.done()
    return task


async def test_who_leaves_lets_the_first_in_line_in() -> None:
    door = Admission(at_once=1)
    await door.enter("first")
    second, third = await in_line(door, "second"), await in_line(door, "third")
    door.leave("first")
    await second
    assert not third.done()
    door.leave("second")
    await third


async def test_nobody_overtakes_the_line() -> None:
    door = Admission(at_once=2)
    await door.enter("first")
    await door.enter("second")
    third = await in_line(door, "third")
    door.leave("first")
    await third
    fourth = await in_line(door, "fourth")
    door.leave("second")
    await fourth


async def test_each_who_is_sent_away_gets_a_later_moment() -> None:
    door = Admission(at_once=1, line=0)
    await door.enter("first")
    moments = []
    for number in range(20):
        with pytest.raises(Crowded) as caught:
            await door.enter(number)
        moments.append(caught.value.retry_after)
    assert moments[0] > FIRST_AFTER
    assert moments == sorted(moments)
    assert len(set(moments)) == len(moments)


async def test_no_moment_is_further_away_than_a_minute() -> None:
    door = Admission(at_once=0, line=0)
    for number in range(4000):
        with pytest.raises(Crowded) as caught:
            await door.enter(number)
    assert caught.value.retry_after == LONGEST


async def test_a_line_that_does_not_move_sends_away() -> None:
    door = Admission(at_once=1, line_seconds=0.01)
    await door.enter("first")
    with pytest.raises(Crowded):
        await door.enter("second")
    door.leave("first")
    await door.enter("third")


async def test_who_gives_up_in_line_takes_nobodys_place() -> None:
    door = Admission(at_once=1)
    await door.enter("first")
    second = await in_line(door, "second")
    third = await in_line(door, "third")
    second.cancel()
    door.leave("first")
    await third
    assert second.cancelled()


async def test_leaving_twice_or_from_outside_changes_nothing() -> None:
    door = Admission(at_once=1)
    await door.enter("first")
    door.leave("nobody")
    second = await in_line(door, "second")
    door.leave("first")
    door.leave("first")
    await second
    assert not (await in_line(door, "third")).done()


@pytest.mark.django_db(transaction=True)
async def test_a_crowd_is_refused_with_a_moment_and_no_audit(linux_host: Host) -> None:
    agent = SimAgent()
    await give_key(linux_host, agent)
    door = admission()
    while True:  # until the line is full as well
        try:
            async with asyncio.timeout(0.01):
                await door.enter(object())
        except TimeoutError:
            break
    waiting = [asyncio.create_task(door.enter(object())) for _ in range(128)]
    await asyncio.sleep(0)
    connection = await wire_to_portal()
    challenge = decode_from_portal(await connection.receive())
    assert isinstance(challenge, wire.Challenge)
    await connection.send(encode(agent.hello(challenge.nonce)))
    answer = decode_from_portal(await connection.receive())
    assert isinstance(answer, wire.Refused)
    assert answer.code == "overloaded"
    assert answer.retry_after is not None
    assert answer.retry_after > 0
    assert await closing_code(connection) == REFUSED
    assert not await sync_to_async(AuditEntry.objects.filter(action="agent.connect").count)()
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.django_db(transaction=True)
async def test_the_place_is_given_back_once_the_snapshot_is_stored(linux_host: Host) -> None:
    agent = SimAgent(containers={container(1).cid: container(1)}, heartbeat=60)
    await give_key(linux_host, agent)
    async with connected(agent):
        await eventually(lambda: Container.objects.filter(host=linux_host).exists())
        ends = asyncio.get_running_loop().time() + 5
        while admission()._inside:
            assert asyncio.get_running_loop().time() < ends, "the place was not given back"
            await asyncio.sleep(0.01)
