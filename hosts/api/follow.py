"""A log that goes on: the host is asked again and again for what is new, for a bounded time."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from asgiref.sync import sync_to_async

from hosts.models import Container
from hosts.selectors.containers import LogText, container_logs
from portal.people.access import Actor
from portal.problems import Problem

FOLLOWED_SECONDS = 900.0  # then the stream ends; whoever wants more asks again with `since`
PAUSE_SECONDS = 1.0

Ask = Callable[[int, float], LogText]


async def follow_log(
    *,
    actor: Actor,
    container: Container,
    tail: int,
    since: float,
    timestamps: bool,
    ask: Ask | None = None,
    seconds: float = FOLLOWED_SECONDS,
    pause: float = PAUSE_SECONDS,
) -> AsyncIterator[bytes]:
    """Lines as they come. Ends after `seconds`, or with a line that says why when the host cannot be asked."""

    def of_host(lines: int, after: float) -> LogText:
        return container_logs(actor=actor, container=container, tail=lines, since=after, timestamps=True)

    question = sync_to_async(ask or of_host, thread_sensitive=False)
    ends = time.monotonic() + seconds
    last, seen = since, ""
    lines = tail
    yield b""  # the server sends the headers with the first piece; a quiet log would look like no answer
    while True:
        try:
            log = await question(lines, last)
        except Problem as problem:
            yield f"[{problem.title}: {problem.detail}]\n".encode()
            return
        for line in log.text.splitlines():
            stamp, _, text = line.partition(" ")
            if stamp <= seen:
                continue
            seen, last = stamp, _seconds(stamp, last)
            yield f"{line if timestamps else text}\n".encode()
        lines = 5000
        if time.monotonic() >= ends:
            return
        await asyncio.sleep(pause)


def _seconds(stamp: str, otherwise: float) -> float:
    """Unix seconds of the engine's time stamp (RFC 3339 with nanoseconds)."""
    head, _, rest = stamp.partition(".")
    digits = rest.rstrip("Z")[:6]
    try:
        return datetime.fromisoformat(f"{head}.{digits or '0'}+00:00").timestamp()
    except ValueError:
        return otherwise
