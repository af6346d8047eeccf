"""The same job without a mouse, and in the window of a phone."""

import pytest
from playwright.sync_api import Page, expect

from .conftest import WEB, House, visit

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.registry]


def tab_to(page: Page, name: str, *, limit: int = 80) -> None:
    """Press Tab until the element whose words or label are `name` has the focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "() => { const e = document.activeElement;"
            " return (e.labels?.[0]?.innerText || e.getAttribute('aria-label') || e.innerText || '').trim() }"
        )
        if here == name:
            return
    raise AssertionError(f"no way to {name!r} by keyboard")


def test_deploying_by_keyboard_alone(page: Page, tidy: House) -> None:
    visit(page, f"/deploy/?image={tidy.registry.netloc}/{WEB}:1")
    tab_to(page, "Name")
    page.keyboard.press("Control+A")
    page.keyboard.type("keys")
    expect(page.locator("#deploy-plan")).to_contain_text("keys-app-1")
    tab_to(page, "Deploy")
    page.keyboard.press("Enter")
    page.wait_for_url("**/deployments/**")
    expect(page.get_by_text("It runs.")).to_be_visible(timeout=60_000)


def test_enter_in_a_field_shows_the_plan_and_deploys_nothing(page: Page, tidy: House) -> None:
    visit(page, f"/deploy/?image={tidy.registry.netloc}/{WEB}:1")
    page.get_by_label("Name", exact=True).first.press("Enter")
    expect(page.locator("#deploy-plan")).to_contain_text("web-app-1")
    assert "/deploy/" in page.url


def test_rows_are_reached_by_keys(page: Page, tidy: House) -> None:
    tidy.engine.docker("run", "-d", "--name", "reached", f"{tidy.registry.netloc}/{WEB}:1")
    visit(page, f"/hosts/{tidy.host_id}/containers/")
    expect(page.get_by_role("link", name="reached", exact=True)).to_be_visible(timeout=15_000)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/containers/*/")
    expect(page.get_by_role("heading", name="reached")).to_be_visible()


@pytest.mark.parametrize("address", ["/hosts/", "/hosts/{host}/", "/hosts/{host}/containers/", "/applications/"])
def test_a_phone_shows_it_without_scrolling_sideways(phone: Page, tidy: House, address: str) -> None:
    tidy.engine.docker("run", "-d", "--name", "narrow", f"{tidy.registry.netloc}/{WEB}:1")
    visit(phone, address.format(host=tidy.host_id))
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_deploying_on_a_phone(phone: Page, tidy: House) -> None:
    visit(phone, f"/deploy/?image={tidy.registry.netloc}/{WEB}:1")
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(phone.locator("#deploy-plan")).to_contain_text("web-app-1")
    phone.get_by_role("button", name="Deploy", exact=True).click()
    expect(phone.get_by_text("It runs.")).to_be_visible(timeout=60_000)
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
