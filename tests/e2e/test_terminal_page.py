"""The terminal in the page, driven in Chromium against a real engine."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import WEB, House, visit

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.registry]

SOON_MS = 20_000
ROWS = ".xterm-rows"


def container(house: House, name: str) -> str:
    image = f"{house.registry.netloc}/{WEB}:1"
    return house.engine.docker("run", "-d", "--name", name, image, "sleep", "600").strip()


def open_terminal(page: Page, house: House, cid: str) -> None:
    visit(page, f"/hosts/{house.host_id}/containers/{cid}/terminal/")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator("[data-status]")).to_contain_text("Live", timeout=SOON_MS)


def screen(page: Page) -> str:
    return str(
        page.evaluate(
            "(() => { const b = document.getElementById('terminal').terminal.buffer.active;"
            " return Array.from({length: b.length}, (_, i) => b.getLine(i).translateToString(true)).join('\\n') })()"
        )
    )


def shows(page: Page, text: str) -> None:
    page.wait_for_function(
        "(text) => { const b = document.getElementById('terminal').terminal.buffer.active;"
        " for (let i = 0; i < b.length; i++) if (b.getLine(i).translateToString(true).includes(text)) return true;"
        " return false }",
        arg=text,
        timeout=SOON_MS,
    )


def test_typing_resizing_and_coming_back(page: Page, tidy: House, picture: Callable[[Page, str], Path]) -> None:
    cid = container(tidy, "typed-in")
    open_terminal(page, tidy, cid)
    page.keyboard.type("echo $((6*7)) | sed s/^/answer/; stty size\n")
    shows(page, "answer42")
    columns, rows = page.evaluate(
        "(() => { const t = document.getElementById('terminal').terminal; return [t.cols, t.rows] })()"
    )
    shows(page, f"{rows} {columns}")
    picture(page, "terminal")
    page.set_viewport_size({"width": 1000, "height": 700})
    page.wait_for_function(
        "(columns) => document.getElementById('terminal').terminal.cols < columns", arg=columns, timeout=SOON_MS
    )
    page.keyboard.type("sleep 1; stty size; export KEPT=yes\n")
    narrower = page.evaluate("document.getElementById('terminal').terminal.cols")
    shows(page, f" {narrower}")
    page.reload()
    expect(page.locator("[data-status]")).to_contain_text("Live", timeout=SOON_MS)
    shows(page, "answer42")  # replayed
    page.keyboard.type("echo still $KEPT\n")
    shows(page, "still yes")
    page.keyboard.type("exit 3\n")
    expect(page.locator("[data-status]")).to_contain_text("exit code 3", timeout=SOON_MS)


def test_bytes_of_every_value_come_unchanged(page: Page, tidy: House) -> None:
    cid = container(tidy, "binary")
    open_terminal(page, tidy, cid)
    page.keyboard.type("printf '\\303\\244\\342\\202\\254 \\033[1mbold\\033[0m'; echo; stty -a | head -1\n")
    shows(page, "ä€ bold")
    page.evaluate("document.getElementById('terminal').terminal.paste('echo pasted äöü €\\n')")
    shows(page, "pasted äöü €")


def test_why_it_failed(page: Page, tidy: House) -> None:
    cid = container(tidy, "shell-less")
    visit(page, f"/hosts/{tidy.host_id}/containers/{cid}/terminal/")
    page.get_by_label("Shell").select_option("other")
    page.get_by_role("textbox", name="Command").fill("/no/such/shell -i")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator("[data-status]")).to_contain_text("There is no /no/such/shell in this image", timeout=SOON_MS)
    tidy.engine.docker("stop", "-t", "0", "shell-less")
    page.get_by_label("Shell").select_option("sh")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator("[data-status]")).to_contain_text("is not running", timeout=SOON_MS)


def test_a_recording_is_played(page: Page, tidy: House, picture: Callable[[Page, str], Path]) -> None:
    api, token = tidy.portal.api, tidy.token
    slug = api("GET", "teams", token)[1]["items"][0]["slug"]
    assert api("PUT", f"teams/{slug}/policy", token, {"record_terminals": True})[0] == 200
    try:
        cid = container(tidy, "recorded")
        open_terminal(page, tidy, cid)
        page.keyboard.type("echo $((6*7)) | sed s/^/answer/; sleep 1; exit\n")
        expect(page.locator("[data-status]")).to_contain_text("exit code 0", timeout=SOON_MS)
    finally:
        assert api("PUT", f"teams/{slug}/policy", token, {"record_terminals": False})[0] == 200
    visit(page, f"/team/{slug}/recordings/")
    picture(page, "recordings")
    page.get_by_role("row", name="recorded").get_by_role("link", name="Play").click()
    player = page.locator("#player")
    expect(player).to_have_attribute("data-state", "ended", timeout=SOON_MS)
    played = (
        "() => { const b = document.getElementById('player').terminal.buffer.active;"
        " return Array.from({length: b.length}, (_, i) => b.getLine(i).translateToString(true)).join('\\n') }"
    )
    assert "answer42" in page.evaluate(played)
    picture(page, "recording")
    page.get_by_label("Place in the recording").fill("0")
    page.wait_for_function(f"() => !({played})().includes('answer42')", timeout=SOON_MS)
    page.get_by_role("button", name="Play").click()
    expect(player).to_have_attribute("data-state", "ended", timeout=SOON_MS)
