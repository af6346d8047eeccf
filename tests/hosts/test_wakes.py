"""Wakes go out through the node's loop without keeping a view waiting, and by themselves where there is no loop."""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, get_ident
from uuid import UUID

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


@pytest.mark.filterwarnings("error")
def test_work_that_only_returns_a_coroutine_gives_no_warning() -> None:
    sent: list[str] = []

    async def send() -> None:
        sent.append("now")

    wakes.send_soon(lambda: send())
    assert sent == ["now"]


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


HOST = UUID("11111111-1111-4111-8111-111111111111")


async def test_a_connection_of_this_process_is_woken_without_the_channel_layer() -> None:
    wakes.loop_use()
    woken = asyncio.Event()

    async def wake() -> None:
        woken.set()

    wakes.near_add(HOST, wake)
    try:
        assert await asyncio.to_thread(wakes.near_wake, HOST)
        await asyncio.wait_for(woken.wait(), 5)
    finally:
        wakes.near_remove(HOST, wake)
    assert not await asyncio.to_thread(wakes.near_wake, HOST)


async def test_an_old_connection_that_goes_leaves_the_new_one() -> None:
    wakes.loop_use()

    async def old() -> None:
        raise AssertionError("the old connection is gone")

    async def new() -> None:
        return None

    wakes.near_add(HOST, old)
    wakes.near_add(HOST, new)
    wakes.near_remove(HOST, old)
    assert await asyncio.to_thread(wakes.near_wake, HOST)
    wakes.near_remove(HOST, new)


def test_without_the_nodes_loop_the_channel_layer_is_asked() -> None:
    async def wake() -> None:
        raise AssertionError("there is no loop to run it on")

    wakes.near_add(HOST, wake)
    assert not wakes.near_wake(HOST)
    wakes.near_remove(HOST, wake)
