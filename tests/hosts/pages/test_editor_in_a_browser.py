"""The editor in a real browser: marks as one types, completion by keyboard, saving; and the same without a script."""

from typing import Any

import pytest
from playwright.sync_api import expect

from hosts.models import Application
from portal.people.models import User
from tests.lab.browser import Watched
from tests.people import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser_page: Watched, live_server: Any, deployer: User) -> Any:
    """Signed in as the deployer, at a new application."""
    browser_page.expect("/ws/live/")  # the test server has no websockets
    page = browser_page.page
    page.goto(f"{live_server.url}/sign-in/?next=/applications/new/")
    page.fill("input[name=username]", deployer.username)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/applications/new/")
    return page


def test_checked_and_completed_as_one_types_then_saved(page: Any) -> None:
    verdict = page.locator("[data-verdict]")
    expect(verdict).to_have_text("Valid")
    text = page.locator("#compose")
    text.fill("services:\n  web:\n    image: nginx:1\n    prots: [80]\n    user: ${WHO}\n")
    expect(verdict).to_have_text("2 to correct")
    expect(page.locator(".editor-gutter .bad")).to_have_text(["4", "5"])
    expect(page.locator("[data-missing]")).to_contain_text("WHO")
    page.locator("a[data-line='4']").click()
    expect(text).to_be_focused()
    caret = page.evaluate("document.getElementById('compose').selectionStart")
    assert caret == len("services:\n  web:\n    image: nginx:1\n    ")
    page.keyboard.press("End")
    page.keyboard.press("Shift+Home")
    page.keyboard.type("    rest", delay=10)
    options = page.get_by_role("listbox", name="Completions")
    expect(options.get_by_role("option").first).to_have_text("restart")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Space")
    expect(options.get_by_role("option")).to_have_count(4)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert "    restart: always\n" in text.input_value()
    page.locator("#values").fill("WHO=1000")
    expect(verdict).to_have_text("Valid")
    page.fill("#name", "typed")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/applications/*-*/")
    assert Application.objects.get(name="typed").revisions.get().values == {"WHO": "1000"}


def test_keys_leave_the_text_after_escape(page: Any) -> None:
    text = page.locator("#compose")
    text.fill("services:")
    text.press("End")
    text.press("Enter")
    assert text.input_value() == "services:\n  "
    text.press("Tab")
    assert text.input_value() == "services:\n    "
    text.press("Escape")
    text.press("Tab")
    expect(text).not_to_be_focused()


def test_without_javascript(page: Any, live_server: Any) -> None:
    context = page.context.browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(f"{live_server.url}/applications/new/")
    plain.fill("#name", "plain")
    plain.fill("#compose", "services:\n  web:\n    imaeg: nginx\n")
    plain.click("text=Save and see the plan")
    expect(plain.locator(".editor-problem").first).to_contain_text("line 2")
    plain.fill("#compose", "services:\n  web:\n    image: nginx:1\n")
    plain.get_by_role("button", name="Save", exact=True).click()
    plain.wait_for_url("**/applications/*-*/")
    context.close()
