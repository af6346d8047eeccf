"""Headless Chromium for tests: a fresh profile per page, and a failure for every error on the console.

A page that logs an error, throws, or breaks the content security policy fails its test, unless the test said beforehand
that it expects it: `watched.expect("404")`.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, ViewportSize, sync_playwright

from .quiet import QuietNetwork

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
TIMEOUT_MS = 10_000


@dataclass
class Watched:
    """A page, and what it complained of. `expect` allows complaints that contain a text."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def expect(self, text: str) -> None:
        """A complaint that contains `text` is wanted by this test."""
        self.allowed.append(text)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def thrown(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error.message}")

    def check(self) -> None:
        """Raises AssertionError with every complaint that nobody expected."""
        bad = [one for one in self.complaints if not any(text in one for text in self.allowed)]
        assert not bad, "the page complained on its console:\n" + "\n".join(bad)


@contextlib.contextmanager
def start_browser() -> Iterator[Browser]:
    """Chromium, for several pages. While it is open this thread runs an event loop: no asyncio tests inside."""
    with QuietNetwork().started() as network, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=network.launcher("chromium"),
            args=[*FLAGS, *network.proxy_flags],
            headless=True,
            env={**os.environ, "HOME": str(network.folder)},
        )
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def open_page(
    browser: Browser, *, base_url: str | None = None, phone: bool = False, dark: bool = False
) -> Iterator[Watched]:
    """A page without cookies, watched. `base_url` is put before addresses that begin with "/"."""
    context = browser.new_context(
        base_url=base_url,
        viewport=PHONE if phone else DESK,
        color_scheme="dark" if dark else "light",
        has_touch=phone,
        locale="en-GB",
    )
    context.set_default_timeout(TIMEOUT_MS)
    watched = Watched(context.new_page())
    watched.page.on("console", watched.hear)
    watched.page.on("pageerror", watched.thrown)
    try:
        yield watched
        watched.check()
    finally:
        context.close()


def screenshot(page: Page, path: Path) -> Path:
    """The whole page as a PNG, when fonts and pictures are there."""
    page.wait_for_load_state("load")
    page.screenshot(path=path, full_page=True, animations="disabled")
    return path
