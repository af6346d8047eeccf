"""What comes from a client: heads with a limit of time and size, and the bytes between them."""

import asyncio
from collections.abc import Awaitable, Callable

from engine_agent.protocol.heads import MAX_HEAD, Garbled

IDLE_SECONDS = 600.0  # between two requests
HEAD_SECONDS = 15.0  # from the first byte of a head to its last
BODY_SECONDS = 900.0  # between two pieces of a body; `docker load` from a slow pipe takes its time
KEPT = 64 * 1024


class ClientGone(ConnectionError):
    """The client ended in the middle of what it sent."""


class Inbox:
    """Reads a client. `rest` are bytes that came and were not asked for yet."""

    def __init__(self, read: Callable[[], Awaitable[bytes]]) -> None:
        self._read = read
        self.rest = b""
        self.ended = False

    async def head(self) -> bytes:
        """The next head with its empty line; b"" when the client ended or said nothing for long.

        Raises Garbled for one that is too large, TimeoutError for one that does not end.
        """
        if not self.rest:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._more()
            except TimeoutError:
                return b""
        async with asyncio.timeout(HEAD_SECONDS):
            while (end := self.rest.find(b"\r\n\r\n")) < 0:
                if self.ended:
                    return b""
                if len(self.rest) > MAX_HEAD:
                    raise Garbled("head-too-large", "The header fields are too large.", 431)
                if b"\n\n" in self.rest or b"\n\r\n" in self.rest.replace(b"\r\n\r\n", b""):
                    raise Garbled("bare-line-end", "A line does not end as HTTP wants.")
                await self._more()
        head, self.rest = self.rest[: end + 4], self.rest[end + 4 :]
        return head

    async def piece(self) -> bytes:
        """The next bytes of a body. Raises ClientGone, TimeoutError."""
        if self.rest:
            piece, self.rest = self.rest, b""
            return piece
        async with asyncio.timeout(BODY_SECONDS):
            piece = await self._read()
        if not piece:
            self.ended = True
            raise ClientGone("the client ended in the middle of a body")
        return piece

    async def listen(self) -> bool:
        """Wait until something comes while nothing is asked for; keep it. False: the client says no more."""
        await self._more()
        return not self.ended

    async def _more(self) -> None:
        piece = await self._read()
        if piece:
            self.rest += piece
        else:
            self.ended = True
