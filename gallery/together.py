"""Single flight across processes: who asks the same thing at the same time gets the answer of the first."""

import time
from collections.abc import Callable
from typing import TypeVar

import msgspec

from .sharing import Shared, shared

T = TypeVar("T")

FLIGHT_SECONDS = 30.0
LANDED_SECONDS = 20.0
PATIENCE = 3.0
POLL_SECONDS = 0.03


def ask_together(
    key: str,
    kind: type[T],
    ask: Callable[[], T],
    *,
    store: Shared | None = None,
    patience: float = PATIENCE,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """What `ask` gives, or what another process that is asking the same just now was given.

    kind: the answer's type. patience: seconds after which the other is taken for dead and asked past. An error is not
    passed on: whoever waited asks itself then.
    """
    known = store or shared()
    lock = f"flight:{key}"
    deadline = clock() + patience
    while True:
        token = known.claim(lock, FLIGHT_SECONDS)
        if token or clock() >= deadline:
            return _ask(key, ask, known, token)
        landed = _landed(known, lock, deadline, clock, sleep)
        if landed is not None:
            return msgspec.json.decode(landed, type=kind, strict=False)


def _ask(key: str, ask: Callable[[], T], store: Shared, token: str) -> T:
    if not token:
        return ask()
    try:
        value = ask()
        store.write(f"landed:{token}", msgspec.json.encode(value), LANDED_SECONDS)
        return value
    finally:
        store.release(f"flight:{key}", token)


def _landed(
    store: Shared, lock: str, deadline: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> bytes | None:
    """The answer of the one under way; None when it ended without one, or in time."""
    other = store.read(lock)
    if other is None:
        return None
    while clock() < deadline:
        current = store.read(lock)
        landed = store.read(f"landed:{other.decode('ascii', 'replace')}")
        if landed is not None or current != other:
            return landed
        sleep(POLL_SECONDS)
    return None
