"""The page scripts: keyboard, theme, dialogs, menus, rows, copying, ages, toasts."""

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Opener

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_slash_goes_to_the_search_field(open_sample: Opener) -> None:
    page = open_sample("hosts")
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("g/h?")
    expect(page.locator("[data-search]")).to_have_value("g/h?")


def test_g_and_a_letter_goes(open_sample: Opener) -> None:
    page = open_sample("hosts")
    page.keyboard.press("g")
    with page.expect_navigation(url="**/gallery/"):
        page.keyboard.press("g")


def test_j_and_k_walk_through_rows(open_sample: Opener) -> None:
    page = open_sample("hosts")
    links = page.locator(".row-link")
    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()


def test_the_list_of_keys_opens_and_closes(open_sample: Opener) -> None:
    page = open_sample("hosts")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).not_to_be_visible()


def test_the_theme_is_kept(open_sample: Opener) -> None:
    page = open_sample("hosts")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".top summary[aria-label]").click()
    page.locator("[data-theme-set=dark]").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    assert page.locator("html").get_attribute("data-theme") == "dark", "drawn by the server"
    page.locator(".top summary[aria-label]").click()
    page.locator("[data-theme-set='']").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light


def test_a_dangerous_act_asks_in_a_dialog(open_sample: Opener) -> None:
    page = open_sample("deployment")
    page.get_by_text("Cancel", exact=True).first.click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("Cancel this deployment?")
    expect(dialog.locator("form")).to_have_attribute("method", "post")
    expect(dialog.locator("input[name=csrfmiddlewaretoken]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY", "focus goes back to where it was"


def test_a_question_of_htmx_opens_the_same_dialog(open_sample: Opener) -> None:
    page = open_sample("deployment")
    page.evaluate(
        """() => { const button = document.createElement("button");
            button.id = "ask"; button.textContent = "Stop";
            button.setAttribute("hx-get", "/hosts/"); button.setAttribute("hx-swap", "none");
            button.setAttribute("hx-confirm", "web-1 stops answering."); button.dataset.confirmTitle = "Stop web-1?";
            document.getElementById("main").append(button); htmx.process(button); }"""
    )
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.headers.get("hx-request") else None)
    page.locator("#ask").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("Stop web-1?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    assert asked == []
    page.locator("#ask").click()
    with page.expect_response("**/hosts/"):
        page.locator("dialog[open] [data-yes]").click()


def test_one_menu_is_open_at_a_time(open_sample: Opener) -> None:
    page = open_sample("hosts")
    menus = page.locator("tbody .menu")
    menus.nth(0).locator("summary").click()
    menus.nth(3).locator("summary").click()
    expect(page.locator("details.menu[open]")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(menus.nth(3).locator(".menu-list a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("details.menu[open]")).to_have_count(0)
    expect(menus.nth(3).locator("summary")).to_be_focused()


def test_rows_are_added_and_removed(open_sample: Opener) -> None:
    page = open_sample("deploy")
    page.evaluate(
        """() => { const rows = document.querySelector("[data-rows]");
            const template = document.createElement("template"); template.dataset.row = "";
            template.innerHTML = '<div class="rows-item"><input id="p-__n__" name="port">'
                + '<button class="rows-remove"></button></div>';
            rows.append(template);
            rows.addEventListener("change", () => { window.changes = (window.changes ?? 0) + 1; }); }"""
    )
    items = page.locator(".rows-item")
    expect(items).to_have_count(2)
    page.locator("[name=add]").click()
    expect(items).to_have_count(3)
    expect(items.nth(2).locator("input")).to_be_focused()
    assert page.evaluate("/^p-\\d+$/.test(document.activeElement.id)")
    items.nth(0).locator(".rows-remove").click()
    expect(items).to_have_count(2)
    assert page.evaluate("window.changes") == 2


def test_copying_says_so(open_sample: Opener) -> None:
    page = open_sample("deployment")
    button = page.locator(".facts .copy").first
    button.click()
    expect(button).to_have_class("copy needs-js copied")
    expect(button).not_to_have_class("copy needs-js copied", timeout=4000)


def test_ages_go_on_by_themselves(open_sample: Opener) -> None:
    page = open_sample("hosts")
    age = page.locator("tbody time").first
    before = age.inner_text()
    expect(age).not_to_have_text(before, timeout=4000)
    assert age.inner_text().endswith("s ago")


def test_a_refusal_becomes_a_toast_in_its_own_words(open_sample: Opener) -> None:
    page = open_sample("deployment")
    problem = '{"title": "Port 8080 is taken", "detail": "Choose another one."}'
    page.evaluate(
        """(body) => { const kind = (name) => name === "Content-Type" ? "application/problem+json" : null;
            const xhr = { getResponseHeader: kind, responseText: body };
            htmx.trigger(document.body, "htmx:responseError", { xhr }); }""",
        problem,
    )
    toast = page.locator(".toast-bad")
    expect(toast).to_contain_text("Port 8080 is taken. Choose another one.")
    toast.locator("[data-close]").click()
    expect(toast).to_have_count(0)


def test_a_toast_is_text_and_never_markup(open_sample: Opener) -> None:
    page = open_sample("deployment")
    page.evaluate("htmx.trigger(document.body, 'toast', { tone: 'ok', text: '<img src=x onerror=alert(1)>' })")
    expect(page.locator(".toast-ok")).to_contain_text("<img")
    assert page.locator(".toast img").count() == 0


def test_a_sent_form_turns_its_button_once(open_sample: Opener) -> None:
    page = open_sample("sign_in", signed_in=False)
    page.locator("input").first.fill("ada")
    page.locator("input[type=password]").fill("secret")
    posted = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.route("**/sign_in/", lambda route: route.fulfill(status=204))  # the page stays, as if the answer took long
    button = page.locator("form button")
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    button.dispatch_event("click")
    page.wait_for_timeout(200)
    assert len(posted) == 1
