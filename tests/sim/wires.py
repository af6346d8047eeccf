"""Two ways for a simulated agent to speak: a real websocket, and a consumer in the test's own process."""

import asyncio
from typing import Any, Protocol

from websockets.typing import Subprotocol

from engine_agent.protocol import SUBPROTOCOL


class Wire(Protocol):
    """Frames to and from a portal. receive raises Closed when the connection has ended."""

    async def send(self, frame: bytes) -> None: ...
    async def receive(self) -> bytes: ...
    async def close(self) -> None: ...


class Closed(Exception):
    """The connection has ended. code: of the websocket, None when it was cut."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class WebsocketWire:
    """A real websocket."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def send(self, frame: bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            await self._socket.send(frame)
        except ConnectionClosed as error:
            raise Closed(error.rcvd.code if error.rcvd else None) from error

    async def receive(self) -> bytes:
        from websockets.exceptions import ConnectionClosed

        try:
            frame = await self._socket.recv(decode=False)
        except ConnectionClosed as error:
            raise Closed(error.rcvd.code if error.rcvd else None) from error
        return bytes(frame)

    async def close(self) -> None:
        await self._socket.close()

    def cut(self) -> None:
        """End the TCP connection without a word."""
        self._socket.transport.abort()


async def dial(portal: str) -> WebsocketWire:
    """A connection to a running portal."""
    from websockets.asyncio.client import connect

    address = portal.replace("http", "ws", 1) + "/ws/agent/"
    return WebsocketWire(
        await connect(address, subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=16 * 2**20, compression=None)
    )


class CommunicatorWire:
    """A channels WebsocketCommunicator, within the test's own process."""

    def __init__(self, communicator: Any) -> None:
        self.communicator = communicator
        self._closed: int | None = None

    async def send(self, frame: bytes) -> None:
        if self._closed is not None:
            raise Closed(self._closed)
        await self.communicator.send_input({"type": "websocket.receive", "bytes": frame})

    async def receive(self) -> bytes:
        while True:
            event = await self._event()
            if event["type"] == "websocket.close":
                self._closed = event.get("code", 1000)
                raise Closed(self._closed)
            if event["type"] == "websocket.send":
                return bytes(event["bytes"])

    async def _event(self) -> dict[str, Any]:
        """The next thing the consumer sends. ApplicationCommunicator.receive_output would cancel it after a timeout."""
        while self.communicator.output_queue.empty():
            if self.communicator.future.done():
                self.communicator.future.result()
                raise Closed(None)
            await asyncio.sleep(0.002)
        event: dict[str, Any] = self.communicator.output_queue.get_nowait()
        return event

    async def close(self) -> None:
        await self.communicator.disconnect()


async def closing_code(connection: Wire) -> int | None:
    """Read until the connection ends; the code it ends with."""
    try:
        while True:
            await connection.receive()
    except Closed as closed:
        return closed.code
