"""The sample pages in a browser: nothing complains, nothing runs over the edge, and pictures for people to look at."""

from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page

from tests.lab.browser import screenshot
from tests.ui.conftest import Opener
from tests.ui.sampler.pages import NAMES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PICTURES = Path(settings.BASE_DIR) / "var" / "samples"

LOOKS = {
    "light": {"phone": False, "dark": False},
    "dark": {"phone": False, "dark": True},
    "phone": {"phone": True, "dark": False},
    "phone-dark": {"phone": True, "dark": True},
}


@pytest.mark.parametrize("look", sorted(LOOKS))
@pytest.mark.parametrize("name", NAMES)
def test_a_sample_fits_its_window(open_sample: Opener, name: str, look: str) -> None:
    page = open_sample(name, signed_in=name != "sign_in", **LOOKS[look])
    PICTURES.mkdir(parents=True, exist_ok=True)
    screenshot(page, PICTURES / f"{name}-{look}.png")
    width, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= seen


@pytest.mark.parametrize("name", NAMES)
def test_every_control_has_a_name(open_sample: Opener, name: str) -> None:
    page = open_sample(name, signed_in=name != "sign_in")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, a[href], summary, input:not([type=hidden]), select, textarea")]
            .filter((item) => !item.closest("template") && !(item.getAttribute("aria-label") || item.title
                || item.textContent.trim() || item.labels?.length || item.placeholder))
            .map((item) => item.outerHTML)"""
    )
    assert nameless == []


def test_without_a_script_the_page_still_shows_what_it_has(open_sample: Opener) -> None:
    page = open_sample("hosts")
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    try:
        bare = context.new_page()
        bare.goto(page.url)
        assert not bare.locator(".needs-js").first.is_visible()
        assert not bare.locator("#live > span").first.is_visible()
    finally:
        context.close()


def test_the_skip_link_is_the_first_stop(open_sample: Opener) -> None:
    page = open_sample("hosts")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_menu_in_the_last_row_is_not_cut_off(open_sample: Opener) -> None:
    page = open_sample("hosts")
    menu = page.locator("tbody .menu").last
    menu.locator("summary").click()
    box = menu.locator(".menu-list").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] - 12)
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.closest('.menu-list') !== null", list(middle))


def test_a_row_leads_where_its_link_leads(open_sample: Opener) -> None:
    page: Page = open_sample("hosts")
    row = page.locator("tbody tr").nth(1)
    box = row.bounding_box()
    assert box is not None
    at = [box["x"] + box["width"] * 0.45, box["y"] + box["height"] / 2]
    hit = page.evaluate("([x, y]) => document.elementFromPoint(x, y).textContent.trim()", at)
    assert hit == row.locator(".row-link").inner_text()
