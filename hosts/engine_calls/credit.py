"""Flow control towards a browser: so many bytes may be on their way, no more."""

import asyncio


class Credit:
    """Daphne has no flow control, so the browser says how many bytes it has taken.

    window: bytes on their way at most.
    """

    def __init__(self, window: int) -> None:
        self.window = window
        self._sent = 0
        self._taken = 0
        self._room = asyncio.Event()
        self._room.set()

    @property
    def on_the_way(self) -> int:
        return self._sent - self._taken

    def spend(self, size: int) -> None:
        """`size` bytes were sent; one message may go beyond the window."""
        self._sent += size
        if self.on_the_way >= self.window:
            self._room.clear()

    def taken(self, total: int) -> None:
        """The browser has taken `total` bytes since the connection began. What cannot be true is passed over."""
        if self._taken < total <= self._sent:
            self._taken = total
        if self.on_the_way < self.window:
            self._room.set()

    async def room(self) -> None:
        """Until there is room."""
        await self._room.wait()
