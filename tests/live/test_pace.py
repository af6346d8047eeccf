"""Holding back: slow renderings are asked for less often, and a slow reader is sent one html at a time."""

import asyncio
from typing import Any

import pytest

from portal.live import watch as watch_module
from portal.live.outcomes import Failed, Gone, Rendered
from portal.live.watch import BURST, COALESCE, LONGEST, SHARE, SHORTEST, Pace, Unread, Watch


class Numbers:
    """A source whose html is 1, 2, 3, ..."""

    def __init__(self, error: Exception | None = None) -> None:
        self.count = 0
        self.error = error

    async def topics(self, path: str) -> list[str]:
        if self.error is not None:
            raise self.error
        return ["numbers"]

    async def render(self, path: str) -> Rendered:
        self.count += 1
        return Rendered(str(self.count), str(self.count).encode())


class Page:
    """The other end: keeps what was sent."""

    def __init__(self, source: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        self.joined: list[str] = []
        self.watch = Watch(id="a", path="/a/", source=source, send=self.send, clock=asyncio.get_running_loop().time)

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    async def join(self, topics: list[str]) -> None:
        self.joined += topics


def test_an_event_after_a_rest_waits_for_company_only() -> None:
    pace = Pace()
    pace.rendered(now=10.0, cost=0.001)
    assert pace.wait(100.0) == COALESCE


def test_quick_renderings_are_at_least_the_shortest_apart() -> None:
    pace = Pace()
    pace.rendered(now=10.0, cost=0.001)
    assert pace.wait(10.0) == pytest.approx(SHORTEST)


def test_after_a_rest_several_changes_are_shown_at_once() -> None:
    pace = Pace()
    for moment in (10.0, 10.2, 10.4):
        assert pace.wait(moment) <= SHORTEST
        pace.rendered(now=moment, cost=0.1)


def test_slow_renderings_in_a_row_wait_in_proportion_and_never_for_ever() -> None:
    pace = Pace()
    pace.rendered(now=10.0, cost=BURST)
    pace.rendered(now=10.0, cost=0.4)
    assert pace.wait(10.0) == pytest.approx(0.4 / SHARE)
    pace.rendered(now=10.0, cost=60.0)
    assert pace.wait(10.0) == pytest.approx(LONGEST)


def test_in_the_long_run_a_watch_takes_its_share_and_no_more() -> None:
    pace, now, busy = Pace(), 0.0, 0.0
    while now < 100.0:
        now += pace.wait(now) + 0.1
        pace.rendered(now=now, cost=0.1)
        busy += 0.1
    assert busy <= 100.0 * SHARE + BURST + 0.2


async def test_the_next_html_waits_until_the_last_was_seen() -> None:
    page = Page(Numbers())
    task = asyncio.create_task(page.watch.run(page.join))
    await asyncio.sleep(0.02)
    assert page.joined == ["numbers"]
    for _ in range(5):
        page.watch.changed()
        await asyncio.sleep(0.1)
    assert [message["html"] for message in page.sent] == ["1"]
    page.watch.seen()
    await asyncio.sleep(0.1)
    assert [message["html"] for message in page.sent] == ["1", "2"], "what came between is skipped, not queued"
    task.cancel()


async def test_a_reader_that_never_takes_anything_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "SEEN_WITHIN", 0.1)
    page = Page(Numbers())
    page.watch.changed()
    task = asyncio.create_task(page.watch.run(page.join))
    await asyncio.sleep(0.02)
    page.watch.changed()
    with pytest.raises(Unread):
        await asyncio.wait_for(task, 2)


async def test_without_topics_there_is_no_watch() -> None:
    page = Page(Numbers(error=Gone()))
    await page.watch.run(page.join)
    assert page.sent == [{"id": "a", "gone": True}]
    failed = Page(Numbers(error=Failed("x")))
    await failed.watch.run(failed.join)
    assert failed.sent == [{"id": "a", "failed": True}]
    assert failed.joined == []
