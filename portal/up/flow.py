"""Flow control of answers in pieces: Twisted says when the socket takes no more, and when it does again.

Daphne passes on whatever the application gives and keeps what the reader has not taken, without a limit.
"""

import asyncio
from typing import Any

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer


@implementer(IPushProducer)
class Flow:
    """One answer. room: set while the socket takes more, and once the reader is gone."""

    def __init__(self) -> None:
        self.room = asyncio.Event()
        self.room.set()

    def pauseProducing(self) -> None:
        self.room.clear()

    def resumeProducing(self) -> None:
        self.room.set()

    def stopProducing(self) -> None:
        self.room.set()


def flow_of(request: Any) -> Flow | None:
    """Of an answer that goes on; made with its first piece. None when the reader is gone."""
    if request.finished or request.channel is None:
        return None
    if not isinstance(request.producer, Flow):
        request.registerProducer(Flow(), True)
    found: Flow = request.producer
    return found


def flow_end(request: Any) -> None:
    """The last piece comes now."""
    if request.channel is not None and isinstance(request.producer, Flow):
        request.producer.room.set()
        request.unregisterProducer()


def cut_short(request: Any, done: "asyncio.Future[Any]") -> None:
    """The application has ended: cut the connection of an answer that it began and did not end."""
    broken = done.cancelled() or done.exception() is not None
    if broken and request._response_started and not request.finished and request.channel is not None:
        flow_end(request)
        request.transport.abortConnection()
