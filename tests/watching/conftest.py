"""A browser's end of the sockets of logs, terminals and stats, and a container to look at."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client
from django.utils import timezone

from hosts.models import Container, Host
from portal.people.models import User

CID = "c0ffee" * 10 + "abcd"
WAIT = 10.0


@pytest.fixture
def container(linux_host: Host) -> Container:
    return Container.objects.create(
        host=linux_host,
        cid=CID,
        name="web",
        image="nginx:1",
        image_id="x",
        state="running",
        observed_at=timezone.now(),
    )


class Browser:
    """An open socket."""

    def __init__(self, communicator: Any) -> None:
        self.communicator = communicator
        self.taken = 0

    async def say(self, message: dict[str, Any]) -> None:
        await self.communicator.send_to(text_data=json.dumps(message))

    async def say_bytes(self, data: bytes) -> None:
        await self.communicator.send_to(bytes_data=data)

    async def hear(self, *, ack: bool = True) -> Any:
        """The next message: an object, bytes, or the close code. Counted ones are acknowledged."""
        output = await self.communicator.receive_output(timeout=WAIT)
        if output["type"] == "websocket.close":
            return int(output["code"])
        if output.get("bytes") is not None:
            self.taken += len(output["bytes"])
            if ack:
                await self.say({"ack": self.taken})
            return output["bytes"]
        message = json.loads(output["text"])
        if "l" in message:
            self.taken += len(output["text"])
            if ack:
                await self.say({"ack": self.taken})
        return message

    async def until(self, wanted: Callable[[Any], bool]) -> Any:
        """The first message that is wanted; others are passed over."""
        while not wanted(message := await self.hear()):
            assert not isinstance(message, int), f"closed with {message}"
        return message

    async def silent(self, seconds: float = 0.2) -> bool:
        return bool(await self.communicator.receive_nothing(timeout=seconds, interval=0.02))


Connect = Callable[..., Awaitable[Browser]]


def headers_of(user: User | None) -> list[tuple[bytes, bytes]]:
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    if user is not None:
        client = Client()
        client.force_login(user)
        headers.append((b"cookie", "; ".join(f"{key}={item.value}" for key, item in client.cookies.items()).encode()))
    return headers


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """`await connect(LogsConsumer, viewer, opener=host)` is an open socket; with `kwargs` of its address."""
    opened: list[Browser] = []

    async def open_one(consumer: Any, user: User | None, *, kwargs: Any = None, **attributes: Any) -> Browser:
        made: Any = type(consumer.__name__, (consumer,), {**attributes})
        application = made.as_asgi()

        async def routed(scope: Any, receive: Any, send: Any) -> None:
            await application({**scope, "url_route": {"kwargs": kwargs or {}}}, receive, send)

        headers = await database_sync_to_async(headers_of)(user)
        communicator = WebsocketCommunicator(AuthMiddlewareStack(routed), "/ws/x/", headers=headers)
        connected, _protocol = await communicator.connect(timeout=WAIT)
        assert connected
        opened.append(Browser(communicator))
        return opened[-1]

    yield open_one
    for browser in opened:
        await browser.communicator.disconnect(timeout=WAIT)
