"""The people pages in a real browser: by keyboard, on a phone, without a complaint on the console."""

import re

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from portal.people.access import portal_actor
from portal.people.models import Membership, Role, Team, User
from portal.people.services.sign_in import sign_in_link_create
from tests.lab.browser import PHONE, Watched
from tests.people import PASSWORD, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def boss(transactional_db: None) -> User:
    """The administrator of the portal, admin of one team, not yet with a password."""
    team = Team.objects.create(name="Harbour", slug="harbour")
    user = make_user("boss", team, Role.ADMIN, superuser=True)
    user.set_unusable_password()
    user.save()
    return user


@pytest.fixture
def page(browser_page: Watched, live_server: LiveServer, boss: User) -> Page:
    """Signed in by a one-time link. The live line is not there under the test server."""
    browser_page.expect("/ws/live/")
    browser_page.expect("WebSocket")
    secret = sign_in_link_create(user=boss, actor=portal_actor())
    browser_page.page.goto(f"{live_server.url}/sign-in/link/{secret}/")
    browser_page.page.get_by_role("button", name="Sign in").press("Enter")
    browser_page.page.wait_for_url(f"{live_server.url}/")
    return browser_page.page


def test_a_fresh_administrator_is_led_to_a_password_and_a_first_host(page: Page, live_server: LiveServer) -> None:
    assert page.get_by_text("You have no password yet.").is_visible()
    assert page.get_by_role("heading", name="Your first container").is_visible()
    page.get_by_role("link", name="Set a password").click()
    page.get_by_label("New password", exact=True).fill("a quiet harbour at dawn")
    page.get_by_label("New password, once more").fill("a quiet harbour at dawn")
    page.keyboard.press("Enter")
    page.get_by_text("Your password is set.").wait_for()
    page.goto(live_server.url)
    assert not page.get_by_text("You have no password yet.").is_visible()


def test_a_newcomer_is_added_gets_a_link_and_comes_in(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/team/harbour/")
    page.get_by_label("User name").fill("mara")
    page.locator("#member-new").get_by_label("Role").select_option("deployer")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("mara is in the team now.").wait_for()
    link = page.locator("#new-link pre").inner_text()
    assert re.fullmatch(re.escape(live_server.url) + r"/sign-in/link/[\w-]{40,}/", link)
    page.context.clear_cookies()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{live_server.url}/")
    assert Membership.objects.get(user__username="mara").user.last_login is not None


def test_removing_a_member_asks_first(page: Page, live_server: LiveServer, boss: User) -> None:
    make_user("mara", Team.objects.get(), Role.VIEWER)
    page.goto(f"{live_server.url}/team/harbour/")
    row = page.locator("tr", has_text="mara")
    row.locator("summary").click()
    assert Membership.objects.count() == 2
    page.get_by_role("button", name="Remove", exact=True).last.click()
    page.get_by_text("mara is not in the team any more.").wait_for()
    assert Membership.objects.count() == 1


def test_signing_in_by_password_and_keyboard_alone(browser_page: Watched, live_server: LiveServer, boss: User) -> None:
    browser_page.expect("422")
    browser_page.expect("WebSocket")
    boss.set_password(PASSWORD)
    boss.save()
    page = browser_page.page
    page.goto(f"{live_server.url}/activity/")
    for password in ("wrong", PASSWORD):
        page.get_by_label("User name").fill("boss")
        page.keyboard.press("Tab")
        page.keyboard.type(password)
        page.keyboard.press("Enter")
        page.wait_for_load_state("load")
    page.wait_for_url(f"{live_server.url}/activity/")


@pytest.mark.parametrize("path", ["/", "/account/", "/team/harbour/", "/teams/", "/activity/"])
def test_nothing_runs_off_a_phone(page: Page, live_server: LiveServer, path: str) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}{path}")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
