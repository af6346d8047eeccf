"""The 144 official images of the reference data in a real browser: cards, a README, every tag of the largest."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from gallery.index.feeding import seed_official
from portal.people.models import Team, User
from tests.lab.browser import Watched
from tests.people import PASSWORD
from tests.standins.hub import HubStandIn
from tests.standins.hub.content import shared_content

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAMPLES = Path(__file__).resolve().parents[3] / "var" / "samples" / "gallery"


@pytest.fixture
def official(hub: HubStandIn, shared_data: Path) -> HubStandIn:
    hub.content = {one.full_name: one for one in shared_content(shared_data)}
    hub.accounts["acme"] = "dckr_pat_1"
    return hub


@pytest.fixture
def page(browser_page: Watched, live_server: Any, admin: User, known_hosts: None) -> Any:
    """Signed in as the admin, at the gallery."""
    browser_page.expect("/ws/live/")  # the test server has no websockets
    page = browser_page.page
    page.set_default_timeout(60_000)
    page.goto(f"{live_server.url}/sign-in/?next=/gallery/", timeout=60_000)
    page.fill("input[name=username]", admin.username)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/gallery/")
    return page


def picture(page: Any, name: str) -> None:
    SAMPLES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SAMPLES / f"{name}.png", full_page=True)


@pytest.mark.timeout(600)
def test_every_official_image_is_browsed(official: HubStandIn, page: Any, shared_data: Path) -> None:
    assert seed_official() == 144
    page.goto(page.url)
    expect(page.locator(".count", has_text="144")).to_be_visible()
    seen: set[str] = set()
    while True:
        seen |= set(page.locator("#gallery-results .card-link").all_inner_texts())
        following = page.locator("a[rel=next]")
        if not following.count():
            break
        following.first.click()
        page.wait_for_load_state("networkidle")
    assert {one.name for one in official.content.values()} <= seen
    page.goto(f"{page.url.partition('/gallery/')[0]}/gallery/?q=tom")
    expect(page.locator(".card-link").first).to_be_visible()
    picture(page, "search")
    page.get_by_role("link", name="tomee", exact=True).click()
    expect(page.get_by_role("heading", name="README")).to_be_visible()
    page.get_by_role("link", name="All tags").click()
    data = json.loads((shared_data / "official-images" / "tomee.json").read_text())
    expect(page.locator(".panel-head .count", has_text="1,120")).to_be_visible(timeout=60_000)
    picture(page, "tags")
    family = next(tag for tag in data["tags"] if tag[0].isdigit()).partition(".")[0]
    page.get_by_label("Version", exact=True).select_option(family)
    page.wait_for_url(f"**family={family}**")
    page.locator("tbody a.mono").first.click()
    expect(page.get_by_role("heading", name="Layers and steps")).to_be_visible()
    picture(page, "image")


def test_accounts_at_registries(official: HubStandIn, page: Any, team: Team) -> None:
    page.goto(f"{page.url.partition('/gallery/')[0]}/team/{team.slug}/registries/")
    page.fill("input[name=username]", "acme")
    page.fill("input[name=secret]", "dckr_pat_1")
    page.get_by_role("button", name="Add and try").click()
    expect(page.get_by_text("acme@docker.io is accepted.")).to_be_visible()
    expect(page.locator("tbody")).to_contain_text("Accepted")
    picture(page, "registries")
    page.set_viewport_size({"width": 390, "height": 800})
    picture(page, "registries-phone")
