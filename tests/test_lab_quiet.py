"""The browser's own network reaches this machine and nothing else, and does not notice what engines do beside it."""

import secrets
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from playwright.sync_api import Browser, Error, expect

from tests.lab.browser import Watched
from tests.lab.parts import as_root, program, run
from tests.lab.quiet import QuietNetwork, loopback

pytestmark = pytest.mark.browser

ASKED = Event()


class Handler(BaseHTTPRequestHandler):
    """A page whose script takes a second to come."""

    def do_GET(self) -> None:
        slow = self.path == "/slow.js"
        if slow:
            ASKED.set()
            time.sleep(1)
        body = b"document.body.append('arrived')" if slow else b"<body><script src='/slow.js'></script>"
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if slow else "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    ASKED.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def ip(*words: str) -> None:
    run(as_root([program("ip"), *words]))


def change_interfaces() -> None:
    """What an engine does for every network of an application: a bridge with an address comes, and goes."""
    assert ASKED.wait(20)
    name = f"phx{secrets.token_hex(3)}"
    ip("link", "add", name, "type", "bridge")
    try:
        ip("address", "add", "10.251.0.1/24", "dev", name)
        ip("link", "set", name, "up")
    finally:
        ip("link", "delete", name)


def test_a_page_loads_although_interfaces_come_and_go(browser_page: Watched, site: str) -> None:
    browser_page.expect("favicon")
    changes = Thread(target=change_interfaces)
    changes.start()
    browser_page.page.goto(site)
    changes.join()
    expect(browser_page.page.locator("body")).to_contain_text("arrived")


def test_the_browser_calls_itself_online(browser_page: Watched) -> None:
    assert browser_page.page.evaluate("navigator.onLine") is True


def test_only_this_machine_can_be_reached(browser: Browser) -> None:
    page = browser.new_page()
    with pytest.raises(Error, match="ERR_"):
        page.goto("http://192.0.2.1/", timeout=10_000)
    page.close()


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("hub", False)],
)
def test_what_counts_as_this_machine(host: str, is_loopback: bool) -> None:
    assert loopback(host) is is_loopback


def test_nothing_is_left_behind() -> None:
    with QuietNetwork().started() as network:
        place = Path("/run/netns") / network.namespace
        assert place.exists()
    assert not place.exists()
    assert not network.folder.exists()
