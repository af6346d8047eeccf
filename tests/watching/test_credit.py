"""Bytes on their way to a browser are bounded."""

import asyncio

import pytest

from hosts.engine_calls.credit import Credit


async def test_room_until_the_window_is_full() -> None:
    credit = Credit(10)
    credit.spend(9)
    await asyncio.wait_for(credit.room(), 1)
    credit.spend(5)
    assert credit.on_the_way == 14
    waiting = asyncio.create_task(credit.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    credit.taken(5)
    await asyncio.wait_for(waiting, 1)


@pytest.mark.parametrize("lie", [15, -1, 0])
def test_a_browser_that_took_more_than_was_sent_is_not_believed(lie: int) -> None:
    credit = Credit(10)
    credit.spend(14)
    credit.taken(lie)
    assert credit.on_the_way == 14
