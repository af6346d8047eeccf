"""The sample application where nothing outside answers: no Docker Hub, no registry."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.lab.browser import open_page
from tests.lab.engine import Engine
from tests.lab.portal import Portal, start_portal
from tests.lab.ports import free_port

from .conftest import expect_usual, fetch, opened_port, sign_in, visit

pytestmark = [pytest.mark.browser, pytest.mark.engine]


@pytest.fixture
def alone(engine: Engine) -> Iterator[Portal]:
    """A portal whose every outside address is closed, with the engine as its first host."""
    with start_portal(engine=engine) as portal:
        yield portal


@pytest.fixture
def page(browser: Browser, alone: Portal) -> Iterator[Page]:
    with open_page(browser, base_url=alone.url) as watched:
        expect_usual(watched)
        sign_in(watched.page, alone)
        yield watched.page


def test_the_sample_is_built_on_the_host_and_answers(page: Page) -> None:
    port = str(free_port())
    visit(page, "/gallery/templates/hello/")
    page.get_by_role("link", name="Deploy").first.click()
    page.get_by_label("Port on the host").fill(port)
    page.get_by_label("Greeting").fill("Ahoy from the test")
    expect(page.locator("#deploy-plan")).to_contain_text("build")
    page.get_by_role("button", name="Deploy", exact=True).click()
    expect(page.get_by_text("It runs.")).to_be_visible(timeout=90_000)
    assert opened_port(page) == f"http://127.0.0.1:{port}/"
    assert "Ahoy from the test" in fetch(f"http://127.0.0.1:{port}/")
