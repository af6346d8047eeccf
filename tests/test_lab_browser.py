"""The browser of the lab renders, runs scripts, and fails a test whose page complains."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser

from tests.lab.browser import Watched, open_page, screenshot

PAGES = {
    "/good": (200, "<h1>Moored</h1><script src='/add.js'></script>", ""),
    "/add.js": (200, "document.body.append(' by script')", ""),
    "/inline": (200, "<h1>Inline</h1><script>document.title = 'ran'</script>", "default-src 'self'"),
    "/throws": (200, "<script src='/throw.js'></script>", ""),
    "/throw.js": (200, "throw new Error('overboard')", ""),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body, policy = PAGES.get(self.path, (404, "nothing", ""))
        self.send_response(status)
        self.send_header("Content-Type", "text/javascript" if self.path.endswith(".js") else "text/html")
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def visit(browser: Browser, url: str) -> None:
    """Open a page and close it again, which checks its complaints."""
    with open_page(browser) as watched:
        watched.expect("favicon")
        watched.page.goto(url)


def test_a_page_is_rendered_and_its_script_runs(browser_page: Watched, site: str, tmp_path: Path) -> None:
    browser_page.expect("favicon")
    browser_page.page.goto(f"{site}/good")
    assert browser_page.page.inner_text("body") == "Moored\nby script"
    picture = screenshot(browser_page.page, tmp_path / "page.png")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_broken_security_policy_fails_the_test(browser: Browser, site: str) -> None:
    with pytest.raises(AssertionError, match="Content Security Policy"):
        visit(browser, f"{site}/inline")


def test_an_uncaught_error_fails_the_test(browser: Browser, site: str) -> None:
    with pytest.raises(AssertionError, match="uncaught: overboard"):
        visit(browser, f"{site}/throws")


def test_an_expected_complaint_is_allowed(browser: Browser, site: str) -> None:
    with open_page(browser, base_url=site) as watched:
        watched.expect("404")
        answer = watched.page.goto("/no-such-page")
        assert answer is not None
        assert answer.status == 404


def test_every_page_begins_without_cookies(browser: Browser, site: str) -> None:
    for _ in range(2):
        with open_page(browser, base_url=site) as watched:
            watched.expect("favicon")
            watched.page.goto("/good")
            assert watched.page.context.cookies() == []
            watched.page.context.add_cookies([{"name": "seen", "value": "1", "url": site}])


def test_a_phone_is_narrow_and_dark_when_asked(browser: Browser, site: str) -> None:
    with open_page(browser, base_url=site, phone=True, dark=True) as watched:
        watched.expect("favicon")
        watched.page.goto("/good")
        assert watched.page.evaluate("innerWidth") < 1000
        assert watched.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
