"""A browser's end of the live socket."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from portal.live.consumer import LiveConsumer
from portal.people.models import User
from tests.live import pages

Opener = Callable[..., Awaitable["Socket"]]


class Socket:
    """An open live socket. Says `seen` for each html by itself, as a page does, unless `lazy`."""

    def __init__(self, communicator: Any, *, lazy: bool = False) -> None:
        self.communicator = communicator
        self.lazy = lazy

    async def say(self, message: dict[str, Any]) -> None:
        await self.communicator.send_to(text_data=json.dumps(message))

    async def say_text(self, text: str) -> None:
        await self.communicator.send_to(text_data=text)

    async def watch(self, **paths: str) -> None:
        """`watch(a="/text/")`: the whole list of watches."""
        await self.say({"watch": [{"id": name, "path": path} for name, path in paths.items()]})

    async def hear(self, timeout: float = 30.0) -> dict[str, Any]:
        """The next message."""
        message: dict[str, Any] = json.loads(await self.communicator.receive_from(timeout=timeout))
        if "html" in message and not self.lazy:
            await self.say({"seen": message["id"]})
        return message

    async def silent(self, seconds: float = 0.3) -> bool:
        """Whether nothing arrives for a while."""
        return bool(await self.communicator.receive_nothing(timeout=seconds, interval=0.02))

    async def closed(self, timeout: float = 30.0) -> int:
        """The code with which the portal closed."""
        output = await self.communicator.receive_output(timeout=timeout)
        assert output["type"] == "websocket.close", output
        return int(output["code"])


def headers_of(user: User | None) -> list[tuple[bytes, bytes]]:
    """The handshake headers of a browser in which `user` is signed in."""
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost"), (b"accept-language", b"en")]
    if user is not None:
        client = Client()
        client.force_login(user)
        headers.append((b"cookie", "; ".join(f"{key}={item.value}" for key, item in client.cookies.items()).encode()))
    return headers


@pytest.fixture
def shown() -> pages.Shown:
    """What the test fragments show; fresh for each test."""
    return pages.reset()


@pytest.fixture
async def open_socket() -> AsyncIterator[Opener]:
    """`await open_socket(viewer)` is a live socket of a browser in which viewer is signed in, past its hello."""
    opened: list[Socket] = []

    async def open_one(user: User | None, *, hello: bool = True, lazy: bool = False) -> Socket:
        headers = await database_sync_to_async(headers_of)(user)
        communicator = WebsocketCommunicator(AuthMiddlewareStack(LiveConsumer.as_asgi()), "/ws/live/", headers=headers)
        connected, _subprotocol = await communicator.connect(timeout=5)
        assert connected
        socket = Socket(communicator, lazy=lazy)
        opened.append(socket)
        if hello:
            assert (await socket.hear())["hello"] == 1
        return socket

    yield open_one
    for socket in opened:
        await socket.communicator.disconnect(timeout=5)
