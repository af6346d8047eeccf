"""Answers in pieces wait for their reader, and one that breaks off is not taken for the whole."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from portal.up.flow import cut_short, flow_end, flow_of


class Request:
    """What of a Twisted request is used."""

    def __init__(self, *, finished: bool = False, started: bool = True) -> None:
        self.finished = finished
        self.channel: object | None = object()
        self.producer: Any = None
        self._response_started = started
        self.aborted = 0
        self.transport = SimpleNamespace(abortConnection=self.abort)

    def abort(self) -> None:
        self.aborted += 1

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        assert streaming
        assert self.producer is None
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None


async def test_the_socket_says_when_there_is_room() -> None:
    request = Request()
    flow = flow_of(request)
    assert flow is not None
    assert flow_of(request) is flow
    assert flow.room.is_set()
    flow.pauseProducing()
    assert not flow.room.is_set()
    flow.resumeProducing()
    assert flow.room.is_set()


async def test_who_waits_is_let_go_at_the_end() -> None:
    request = Request()
    flow = flow_of(request)
    assert flow is not None
    flow.pauseProducing()
    flow_end(request)
    assert flow.room.is_set()
    assert request.producer is None
    flow_end(request)
    flow.pauseProducing()
    flow.stopProducing()
    assert flow.room.is_set()


async def test_a_reader_that_is_gone_has_no_flow() -> None:
    assert flow_of(Request(finished=True)) is None
    request = Request()
    request.channel = None
    assert flow_of(request) is None


@pytest.mark.parametrize(
    ("finished", "started", "problem", "aborted"),
    [
        (False, True, ValueError("broke"), 1),
        (False, True, None, 0),
        (True, True, ValueError("too late"), 0),
        (False, False, ValueError("a page says it"), 0),
    ],
)
async def test_what_broke_off_is_cut(finished: bool, started: bool, problem: ValueError | None, aborted: int) -> None:
    request = Request(finished=finished, started=started)
    flow_of(request)
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if problem is None:
        done.set_result(None)
    else:
        done.set_exception(problem)
    cut_short(request, done)
    assert request.aborted == aborted


async def test_what_was_cancelled_is_cut() -> None:
    request = Request()
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    done.cancel()
    cut_short(request, done)
    assert request.aborted == 1
