"""What waits to be sent: first in, first out, and bounded, as a newer word about the same thing replaces the older.

State of the engine is never queued: the outbox holds a ticket, and the mirror is asked for what changed when the ticket
is drawn. A slow portal therefore costs one dictionary of changed containers, however long it is slow.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from .protocol.messages import CommandProgress, Delta, FromAgent, Snapshot, StepReport

MAX_LINES = 500

StateSource = Callable[[], tuple[Snapshot | Delta | None, bool]]
Key = tuple[str, str]
_STATE: Key = ("state", "")


class Outbox:
    """One connection's outgoing messages. `state` gives the next state message and whether more follow."""

    def __init__(self, state: StateSource) -> None:
        self._state = state
        self._waiting: OrderedDict[Key, FromAgent | None] = OrderedDict()
        self._some = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: FromAgent, *, alone: bool = False) -> None:
        """Send this when its turn comes; merged with what waits about the same thing unless it must stand alone."""
        key = _key(message, alone)
        before = self._waiting.get(key)
        if isinstance(message, CommandProgress) and isinstance(before, CommandProgress):
            message = merged(before, message)
        self._waiting[key] = message
        self._some.set()

    def state_changed(self) -> None:
        """The mirror has something to tell."""
        self._waiting.setdefault(_STATE, None)
        self._some.set()

    async def get(self) -> FromAgent:
        """The next message, as soon as there is one."""
        while True:
            while not self._waiting:
                self._some.clear()
                await self._some.wait()
            key, message = self._waiting.popitem(last=False)
            if message is not None:
                return message
            state, more = self._state()
            if more:
                self._waiting.setdefault(key, None)
            if state is not None:
                return state


def _key(message: FromAgent, alone: bool) -> Key:
    identity = str(getattr(message, "id", ""))
    if alone and isinstance(message, CommandProgress):
        identity += f" {message.sequence}"
    return type(message).__name__, identity


def merged(before: CommandProgress, after: CommandProgress) -> CommandProgress:
    """Two reports of one command as one: the newest word on each step, all lines (the last 500 of them)."""
    steps: dict[str, StepReport] = {step.key: step for step in before.steps}
    steps.update({step.key: step for step in after.steps})
    return CommandProgress(
        id=after.id,
        sequence=after.sequence,
        steps=tuple(steps.values()),
        lines=(before.lines + after.lines)[-MAX_LINES:],
    )
