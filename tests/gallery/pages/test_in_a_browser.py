"""The gallery in a real browser: search as one types, filters in the address, from a card to its tags."""

from typing import Any

import pytest
from playwright.sync_api import Error, expect

from portal.people.models import User
from tests.lab.browser import Watched
from tests.people import PASSWORD
from tests.standins.hub import HubStandIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser_page: Watched, live_server: Any, deployer: User, known_hosts: None) -> Any:
    """Signed in as the deployer, at the gallery."""
    browser_page.expect("/ws/live/")  # the test server has no websockets
    page = browser_page.page
    page.goto(f"{live_server.url}/sign-in/?next=/gallery/")
    page.fill("input[name=username]", deployer.username)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/gallery/")
    return page


def go_forward(page: Any) -> None:
    """Once more when a load of the restored page was still under way, which ends the context a script runs in."""
    for attempt in range(3):
        try:
            page.evaluate("setTimeout(() => history.forward(), 0)")
        except Error:
            if attempt == 2:
                raise
            page.wait_for_load_state("networkidle")
        else:
            return


def test_from_typing_to_tags(hub: HubStandIn, page: Any) -> None:
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    search.type("postg", delay=20)
    expect(page.locator("#gallery-results .card-link").first).to_have_text("postgres")
    assert "q=postg" in page.url
    expect(search).to_be_focused()
    page.get_by_label("Operating system").select_option("windows")
    page.wait_for_url("**os=windows**")
    page.go_back()  # the page is restored by a load of its own: it must be over before the next step
    page.wait_for_url(lambda url: "os=windows" not in url)
    page.wait_for_load_state("networkidle")
    go_forward(page)
    page.wait_for_url("**os=windows**")
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="postgres", exact=True).click()
    expect(page.get_by_role("heading", name="postgres", exact=True)).to_be_visible()
    expect(page.get_by_text("docker pull postgres:")).to_be_visible()
    page.get_by_role("link", name="All tags").click()
    row = page.locator("[id='tag-17']")
    expect(row).to_contain_text("runs on 2 of 2")
    row.locator("summary").first.click()
    expect(row).to_contain_text("windows/amd64 (10.0.20348.2655)")
    page.get_by_role("searchbox").fill("16")
    expect(page.locator("[id='tag-17']")).to_have_count(0)
    expect(page.locator("[id='tag-16']")).to_be_visible()
    assert page.locator("[id='tag-16'] a", has_text="Deploy").get_attribute("href") == "/deploy/?image=postgres%3A16"


def test_arrows_go_from_the_search_to_what_it_found(hub: HubStandIn, page: Any) -> None:
    search = page.get_by_role("searchbox")
    search.fill("nginx")
    cards = page.locator("#gallery-results .card-link")
    expect(cards.first).to_have_text("nginx")
    search.press("ArrowDown")
    expect(cards.nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    expect(search).to_be_focused()
    search.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="nginx", exact=True)).to_be_visible()


def test_offline_and_back_again(hub: HubStandIn, page: Any) -> None:
    hub.switches.status = 503
    search = page.get_by_role("searchbox")
    search.fill("nginx")
    notice = page.locator(".notice", has_text="Offline: Docker Hub cannot be reached")
    expect(notice).to_be_visible()
    expect(page.get_by_role("link", name="Static web site")).to_be_visible()
    hub.switches.status = 0
    notice.get_by_role("button", name="Ask again").click()
    expect(page.locator(".card-link", has_text="nginx/nginx-ingress")).to_be_visible()
    expect(notice).to_have_count(0)


def test_without_javascript(hub: HubStandIn, page: Any, live_server: Any) -> None:
    context = page.context.browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(f"{live_server.url}/gallery/")
    plain.fill("input[name=q]", "nginx")
    plain.press("input[name=q]", "Enter")
    plain.wait_for_url("**q=nginx**")
    plain.click("text=nginx/nginx-ingress")
    plain.click("text=All tags")
    assert plain.locator("[id='tag-latest']").count() == 1
    context.close()
