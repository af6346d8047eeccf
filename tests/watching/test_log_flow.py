"""Rows on their way to a browser: gathered, held back, left out while it stays behind, and never the last of them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hosts.consumers import log_flow
from hosts.consumers.log_flow import Lag, LogFlow, Row

SECOND = 1_000_000
WAIT = 30.0


class Screen:
    """What was sent, in its order; numbers are lines that were left out. room: whether more is taken."""

    def __init__(self) -> None:
        self.shown: list[str | int] = []
        self.messages = 0
        self.now = 100.0
        self.room = asyncio.Event()
        self.room.set()
        self.told, self.last = asyncio.Event(), asyncio.Event()

    async def send(self, rows: list[Row]) -> None:
        self.messages += 1
        self.shown += [row[2] for row in rows]
        if rows[-1][2] == "line 9":
            self.last.set()
        await self.room.wait()

    async def tell(self, lines: int, _first: int, _last: int) -> None:
        self.shown.append(lines)
        self.told.set()


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
async def flow(screen: Screen) -> AsyncIterator[LogFlow]:
    made = LogFlow(send=screen.send, tell=screen.tell, clock=lambda: screen.now)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def row(second: float, text: str) -> Row:
    return 1, int(second * SECOND), text


async def test_what_comes_while_a_message_is_on_its_way_goes_into_the_next(flow: LogFlow, screen: Screen) -> None:
    screen.room.clear()
    for number in range(100):
        await flow.put([row(100, str(number))], live=True)
        await asyncio.sleep(0)
    screen.room.set()
    async with asyncio.timeout(WAIT):
        await flow.drained()
    assert screen.shown == [str(number) for number in range(100)]
    assert screen.messages < 10


async def test_the_reading_waits_while_too_much_is_held(
    flow: LogFlow, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_flow, "HELD_CHARS", 300)
    screen.room.clear()
    await flow.put([row(100, "x" * 200)], live=True)
    await asyncio.sleep(0.1)
    await flow.put([row(100, "x" * 200)], live=True)
    third = asyncio.create_task(flow.put([row(100, "x" * 200)], live=True))
    await asyncio.sleep(0.1)
    assert not third.done()
    screen.room.set()
    async with asyncio.timeout(WAIT):
        await third


async def test_a_burst_that_fell_behind_ends_with_its_last_lines(
    flow: LogFlow, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer has stopped long ago: nothing new will ever say that the reading has caught up."""
    monkeypatch.setattr(log_flow, "NEWEST", 3)
    await flow.put([row(100, "first")], live=True)
    await flow.drained()
    screen.now = 160.0
    for number in range(10):
        await flow.put([row(101, f"line {number}")], live=True)
    async with asyncio.timeout(WAIT):
        await screen.told.wait()
        await screen.last.wait()
    assert screen.shown == ["first", 7, "line 7", "line 8", "line 9"]


async def test_old_lines_of_a_log_that_is_opened_again_are_no_lag(flow: LogFlow, screen: Screen) -> None:
    await flow.put([row(100, "before")], live=True)
    screen.now = 400.0
    flow.begun()
    for number in range(3):
        await flow.put([row(101 + number, f"missed {number}")], live=True)
    async with asyncio.timeout(WAIT):
        await flow.drained()
    assert screen.shown == ["before", "missed 0", "missed 1", "missed 2"]


def test_the_lag_is_counted_from_the_least_seen() -> None:
    lag = Lag()
    assert lag.of(0, 1000.0) == 0  # the clocks differ by 1,000 s
    assert lag.of(10_000_000, 1011.0) == 1.0
    assert lag.of(20_000_000, 1010.0) == 0
    assert lag.of(20_000_000, 1030.0) == 20.0
