"""What a byte stream to a host is, and how it may end."""

from typing import Protocol

from engine_agent.protocol.streams import PIECE
from portal.problems import Unavailable

READ = 65_536


class StreamLost(Unavailable):
    """The line to the agent broke in the middle. What was read until then is true, and not the whole."""

    code = "stream-lost"
    title = "The connection to the host was lost"


class StreamFailed(Unavailable):
    """The agent ended the stream with a reason: the engine does not answer, or cut the connection."""

    code = "stream-failed"
    title = "The host ended the connection"


class Stream(Protocol):
    """Bytes to and from a host. One reader and one writer at a time.

    reason: why it ended, for people; "" while it is open or when it ended in order.
    """

    reason: str

    async def read(self, n: int = READ) -> bytes:
        """At most `n` bytes, as soon as there are some; b"" once the other side says no more.

        Raises StreamLost, StreamFailed.
        """

    async def write(self, data: bytes) -> None:
        """Send; waits while the other side takes nothing. Raises StreamLost, StreamFailed."""

    async def write_eof(self) -> None:
        """Say no more, and go on reading."""

    async def close(self) -> None:
        """End both directions. Never raises, may be called twice."""


def pieces(data: bytes) -> list[bytes]:
    """`data` cut into what fits one frame."""
    return [data] if len(data) <= PIECE else [data[at : at + PIECE] for at in range(0, len(data), PIECE)]
