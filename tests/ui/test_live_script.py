"""The browser's end of the live socket: what a reader is doing is left alone, and the connection tells the truth."""

import pytest
from django.template import engines
from playwright.sync_api import Page, expect

from tests.ui.conftest import FakeLive, Opener

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def part(state: str, count: int, *names: str) -> str:
    context = {"state": state, "count": count, "names": names or ("alpha",)}
    return engines["django"].get_template("sampler/_part.html").render(context)


@pytest.fixture
def live_page(open_sample: Opener, fake_live: FakeLive) -> Page:
    page = open_sample("live")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    return page


def wait_for_words(page: Page, fake_live: FakeLive, count: int) -> None:
    """Until the page has said `count` things."""
    for _ in range(100):
        if len(fake_live.said) >= count:
            return
        page.wait_for_timeout(30)
    raise AssertionError(f"the page said only {fake_live.said}")


def test_the_page_tells_what_it_watches(live_page: Page, fake_live: FakeLive) -> None:
    wait_for_words(live_page, fake_live, 1)
    assert fake_live.watches() == [[{"id": "part", "path": "/part/?q=1"}]]
    assert live_page.locator("#live .live-live").is_visible()


def test_new_html_is_put_in_marked_and_confirmed(live_page: Page, fake_live: FakeLive) -> None:
    wait_for_words(live_page, fake_live, 1)
    fake_live.send(id="part", html=part("running", 2, "alpha", "beta"))
    expect(live_page.locator("#state .badge")).to_have_text("Running")
    expect(live_page.locator("#state .badge")).to_have_class("badge badge-ok changed")
    expect(live_page.locator("#row-beta")).to_be_visible()
    wait_for_words(live_page, fake_live, 2)
    assert fake_live.said[-1] == {"seen": "part"}
    expect(live_page.locator("#state .badge")).to_have_class("badge badge-ok", timeout=4000)


def test_what_has_not_changed_is_not_marked(live_page: Page, fake_live: FakeLive) -> None:
    fake_live.send(id="part", html=part("created", 2))
    expect(live_page.locator("#count")).to_have_text("2")
    assert live_page.locator(".changed").evaluate_all("(all) => all.map((item) => item.id)") == ["count", "inner"]


def test_focus_typing_ticks_and_open_details_stay(live_page: Page, fake_live: FakeLive) -> None:
    live_page.locator("#more summary").click()
    live_page.locator("#tick").check()
    live_page.locator("#note").fill("half a sent")
    live_page.evaluate("document.getElementById('note').setSelectionRange(2, 6)")
    live_page.evaluate("window.before = document.getElementById('note')")
    fake_live.send(id="part", html=part("running", 3, "alpha", "beta"))
    expect(live_page.locator("#inner")).to_have_text("count is 3")
    assert live_page.locator("#more").get_attribute("open") is not None
    expect(live_page.locator("#tick")).to_be_checked()
    expect(live_page.locator("#note")).to_have_value("half a sent")
    expect(live_page.locator("#note")).to_be_focused()
    state = live_page.evaluate(
        "[before === document.getElementById('note'), before.selectionStart, before.selectionEnd]"
    )
    assert state == [True, 2, 6]


def test_the_focused_row_keeps_its_focus_when_rows_come_before_it(live_page: Page, fake_live: FakeLive) -> None:
    live_page.locator("#row-alpha a").focus()
    fake_live.send(id="part", html=part("created", 1, "aaa", "aab", "alpha"))
    expect(live_page.locator("#row-aaa")).to_be_visible()
    expect(live_page.locator("#row-alpha a")).to_be_focused()


def test_what_asks_to_be_kept_is_kept(live_page: Page, fake_live: FakeLive) -> None:
    fake_live.send(id="part", html=part("created", 9))
    expect(live_page.locator("#count")).to_have_text("9")
    expect(live_page.locator("#kept")).to_have_text("kept 1")


def test_a_part_that_comes_and_goes_is_told(live_page: Page, fake_live: FakeLive) -> None:
    wait_for_words(live_page, fake_live, 1)
    live_page.evaluate("document.getElementById('holder').innerHTML = '<div id=late data-live=\"/late/\"></div>'")
    wait_for_words(live_page, fake_live, 2)
    assert [watch["id"] for watch in fake_live.watches()[-1]] == ["part", "late"]
    live_page.evaluate("document.getElementById('late').dataset.live = '/late/?page=2'")
    wait_for_words(live_page, fake_live, 3)
    assert fake_live.watches()[-1][1]["path"] == "/late/?page=2"
    live_page.evaluate("document.getElementById('late').remove()")
    wait_for_words(live_page, fake_live, 4)
    assert [watch["id"] for watch in fake_live.watches()[-1]] == ["part"]


def test_a_lost_connection_is_shown_and_made_again(live_page: Page, fake_live: FakeLive) -> None:
    wait_for_words(live_page, fake_live, 1)
    live_page.evaluate(
        """() => { window.states = []; const line = document.getElementById("live");
            new MutationObserver(() => states.push(line.dataset.state)).observe(line, { attributes: true }); }"""
    )
    fake_live.sockets[-1].close(code=1012)
    wait_for_words(live_page, fake_live, 2)
    assert len(fake_live.sockets) == 2
    assert fake_live.watches()[-1] == [{"id": "part", "path": "/part/?q=1"}], "everything is asked for again"
    assert live_page.evaluate("states")[0] == "connecting"
    expect(live_page.locator("#live")).to_have_attribute("data-state", "live")


def test_a_portal_that_stays_away_is_called_offline(live_page: Page, fake_live: FakeLive) -> None:
    fake_live.refuse = 1013
    fake_live.sockets[-1].close(code=1012)
    expect(live_page.locator("#live")).to_have_attribute("data-state", "offline", timeout=20_000)
    assert live_page.locator("#live .live-offline").is_visible()


def test_a_session_that_ended_is_said_and_not_tried_again(live_page: Page, fake_live: FakeLive) -> None:
    fake_live.sockets[-1].close(code=4401)
    expect(live_page.locator(".toast")).to_contain_text("no longer signed in")
    live_page.wait_for_timeout(1500)
    assert len(fake_live.sockets) == 1


def test_a_part_that_is_gone_is_said_once_and_left_as_it_was(live_page: Page, fake_live: FakeLive) -> None:
    fake_live.send(id="part", gone=True)
    fake_live.send(id="part", gone=True)
    expect(live_page.locator(".toast-warn")).to_have_count(1)
    expect(live_page.locator("#count")).to_have_text("1")


def test_ages_follow_the_portals_clock(open_sample: Opener, fake_live: FakeLive) -> None:
    page = open_sample("hosts")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    ahead = page.evaluate("Date.now()") + 3_600_000
    fake_live.send(hello=1, now=ahead)
    expect(page.locator("tbody time").first).to_have_text("1 h ago", timeout=4000)


def test_html_of_an_unknown_part_is_ignored(live_page: Page, fake_live: FakeLive) -> None:
    fake_live.send(id="nowhere", html="<p>x</p>")
    fake_live.send(id="part", html=part("running", 5))
    expect(live_page.locator("#count")).to_have_text("5")
