"""From the gallery through the basket to the editor, in a real browser."""

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
    """Signed in as the deployer, at a template."""
    browser_page.expect("/ws/live/")  # the test server has no websockets
    page = browser_page.page
    page.goto(f"{live_server.url}/sign-in/?next=/gallery/templates/wordpress/")
    page.fill("input[name=username]", deployer.username)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/gallery/templates/wordpress/")
    return page


def test_from_the_gallery_to_an_application(page: Any, live_server: Any) -> None:
    page.get_by_role("button", name="Add to basket").click()
    expect(page.get_by_text("wordpress is in your basket.")).to_be_visible()
    page.goto(f"{live_server.url}/gallery/templates/hello/")
    page.get_by_role("button", name="Add to basket").click()
    page.goto(f"{live_server.url}/gallery/basket/")
    expect(page.locator("#basket-compose")).to_contain_text("pierhead/hello:1")
    expect(page.locator("#basket-notes")).to_contain_text("PORT is HELLO_PORT")
    page.get_by_role("link", name="Open in the editor").click()
    page.wait_for_url("**/applications/new/?basket=1")
    expect(page.locator("[data-missing]")).not_to_contain_text("DB_PASSWORD")
    expect(page.locator("[data-verdict]")).to_have_text("Valid")
    assert page.locator("#secret-name-1").input_value() == "DB_PASSWORD"
    page.locator("#secret-value-1").fill("s3cret")
    page.fill("#name", "both")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/applications/*-*/")
    assert "s3cret" not in page.content()
    revision = Application.objects.get(name="both").revisions.get()
    assert set(revision.values) == {"PORT", "TABLE_PREFIX", "HELLO_PORT", "GREETING"}


def test_a_template_is_written_with_rows(page: Any, live_server: Any) -> None:
    page.goto(f"{live_server.url}/team/harbour/templates/new/")
    page.fill("#id_title", "Our site")
    page.locator("#questions").get_by_role("button", name="Add a question").click()
    names = page.locator("[name=p_name]")
    expect(names).to_have_count(2)
    page.fill("#id_compose", "services:\n  web:\n    image: nginx:${TAG}\n    ports: ['${PORT}:80']\n")
    names.nth(1).fill("TAG")
    page.locator("[name=p_kind]").nth(1).select_option("choice")
    page.locator("[name=p_choices]").nth(1).fill("1.27, 1.28")
    page.locator("[name=p_default]").nth(0).fill("8080")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("heading", name="Our site")).to_be_visible()
    expect(page.get_by_text("1.27, 1.28")).to_be_visible()
