"""Wakes go out through the node's loop without keeping a view waiting, and by themselves where there is no loop."""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, get_ident

import pytest

from hosts import wakes


@pytest.fixture(autouse=True)
def no_loop_yet() -> Iterator[None]:
    known = list(wakes._loops)
    wakes._loops.clear()
    yield
    wakes._loops[:] = known


def test_without_a_loop_the_wake_is_sent_here_and_now() -> None:
    sent: list[int] = []

    async def work() -> None:
        sent.append(get_ident())

    wakes.send_soon(work)
    assert len(sent) == 1


async def test_a_view_does_not_wait_for_the_loop() -> None:
    wakes.loop_use()
    here, gone_on, sent = get_ident(), Event(), asyncio.Event()
    threads: list[int] = []

    async def work() -> None:
        assert await asyncio.to_thread(gone_on.wait, 5)  # the view has returned before the wake is out
        threads.append(get_ident())
        sent.set()

    def view() -> None:
        wakes.send_soon(work)
        gone_on.set()

    with ThreadPoolExecutor(1) as executor:
        await asyncio.get_running_loop().run_in_executor(executor, view)
    await asyncio.wait_for(sent.wait(), 5)
    assert threads == [here]


async def test_a_wake_that_fails_is_logged_and_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    wakes.loop_use()

    async def work() -> None:
        raise ConnectionError("no Redis")

    with caplog.at_level(logging.ERROR):
        await asyncio.to_thread(wakes.send_soon, work)
        await asyncio.sleep(0.05)
    assert "a wake was not sent" in caplog.text


def test_without_a_loop_a_failure_raises_nothing_either(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        raise ConnectionError("no Redis")

    wakes.send_soon(work)
    assert "a wake was not sent" in caplog.text


async def test_the_newest_loop_counts() -> None:
    ended = asyncio.new_event_loop()
    ended.close()
    wakes._loops[:] = [ended]
    wakes.loop_use()
    assert wakes._loops == [asyncio.get_running_loop()]


def test_a_loop_that_has_ended_is_not_used() -> None:
    ended = asyncio.new_event_loop()
    ended.close()
    wakes._loops[:] = [ended]
    sent: list[str] = []

    async def work() -> None:
        sent.append("sent")

    wakes.send_soon(work)
    assert sent == ["sent"]
