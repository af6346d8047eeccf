"""The sample pages in a real browser, with a live socket whose other end is the test."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, WebSocketRoute
from pytest_django.live_server_helper import LiveServer

from portal.people.models import User
from tests.lab.browser import Watched, open_page
from tests.ui.sampler.pages import TEMPLATES


@dataclass
class FakeLive:
    """The portal's end of the live socket: what browsers said, and a way to answer."""

    sockets: list[WebSocketRoute] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)
    refuse: int = 0  # close code for new sockets

    def take(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        if self.refuse:
            socket.close(code=self.refuse)
            return
        socket.on_message(lambda text: self.said.append(json.loads(text)))

    def send(self, **message: Any) -> None:
        self.sockets[-1].send(json.dumps(message))

    def watches(self) -> list[list[dict[str, str]]]:
        return [message["watch"] for message in self.said if "watch" in message]


Opener = Callable[..., Page]


@pytest.fixture
def samples(live_server: LiveServer, settings: Any) -> LiveServer:
    """The sample pages on a real server."""
    first = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**first, "DIRS": [*first["DIRS"], TEMPLATES]}]
    settings.ROOT_URLCONF = "tests.ui.sampler.pages"
    return live_server


@pytest.fixture
def fake_live() -> FakeLive:
    return FakeLive()


@pytest.fixture
def open_sample(samples: LiveServer, viewer: User, browser: Browser, fake_live: FakeLive) -> Iterator[Opener]:
    """`open_sample("hosts", phone=True)` is that page as the viewer sees it; complaints of the page fail the test."""
    client = Client()
    client.force_login(viewer)
    opened: list[Any] = []

    def open_one(name: str, *, signed_in: bool = True, phone: bool = False, dark: bool = False) -> Page:
        manager = open_page(browser, base_url=samples.url, phone=phone, dark=dark)
        watched: Watched = manager.__enter__()
        opened.append(manager)
        page = watched.page
        page.route_web_socket("**/ws/live/", fake_live.take)
        if signed_in:
            session = client.cookies["pierhead_session"].value
            page.context.add_cookies([{"name": "pierhead_session", "value": session, "url": samples.url}])
        page.goto(f"/{name}/")
        return page

    yield open_one
    for manager in opened:
        manager.__exit__(None, None, None)
