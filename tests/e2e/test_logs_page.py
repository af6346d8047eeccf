"""Logs in the page: they come by themselves, are searched, merged by time, and do not grow without end."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import WEB, House, visit

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.registry]

SOON_MS = 20_000
COLOURS = r"""
i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo "line $i INFO ready"; done
printf '\033[31mred alert\033[0m and plain\n'; echo 'level=error msg="it broke"' >&2
while true; do i=$((i+1)); echo "tick $i"; sleep 1; done
"""


def run(house: House, name: str, script: str) -> str:
    image = f"{house.registry.netloc}/{WEB}:1"
    return house.engine.docker("run", "-d", "--name", name, image, "sh", "-c", script).strip()


def test_lines_come_and_are_found(page: Page, tidy: House, picture: Callable[[Page, str], Path]) -> None:
    cid = run(tidy, "talker", COLOURS)
    visit(page, f"/hosts/{tidy.host_id}/containers/{cid}/")
    page.get_by_role("link", name="Logs").first.click()
    box = page.locator("[data-box]")
    expect(box).to_contain_text("tick 4", timeout=SOON_MS)
    expect(page.locator("[data-status]")).to_have_text("Live")
    expect(box.locator(".ansi-fg-1")).to_have_text("red alert")
    picture(page, "logs")
    page.get_by_label("Find in the log").fill("line 1[0-2]")
    expect(box.locator(".logs-row:visible")).to_have_count(0)
    page.get_by_text("Expression").click()
    expect(box.locator(".logs-row:visible")).to_have_count(3)
    expect(box.locator("mark").first).to_have_text("line 10")
    page.get_by_label("Find in the log").fill("")
    page.get_by_label("Least level").select_option("4")
    expect(box.locator(".logs-row:visible")).to_have_count(1)
    expect(box).to_contain_text("it broke")


def test_several_containers_in_the_order_of_time(page: Page, tidy: House) -> None:
    first = run(tidy, "first", "while true; do echo from first; sleep 1; done")
    second = run(tidy, "second", "while true; do echo from second; sleep 1; done")
    visit(page, f"/logs/?c={tidy.host_id}:{first}&c={tidy.host_id}:{second}")
    box = page.locator("[data-box]")
    expect(box).to_contain_text("from first", timeout=SOON_MS)
    expect(box).to_contain_text("from second", timeout=SOON_MS)
    times = page.evaluate("document.getElementById('logs').logs.lines.all.map((line) => line.t)")
    assert times == sorted(times)
    page.get_by_role("button", name="first").click()
    expect(box).not_to_contain_text("from first")


def test_a_line_can_be_linked_to(page: Page, tidy: House) -> None:
    cid = run(tidy, "linked", "i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; done; sleep 600")
    visit(page, f"/hosts/{tidy.host_id}/containers/{cid}/logs/")
    page.get_by_label("Find in the log").fill("line 77")
    row = page.locator(".logs-row:visible", has_text="line 77")
    row.locator("button").click()
    address = page.url
    assert "#t=" in address
    visit(page, "/hosts/")
    visit(page, address)
    expect(page.locator(".logs-picked")).to_contain_text("line 77", timeout=SOON_MS)


def test_many_lines_stay_a_bounded_number(page: Page, tidy: House) -> None:
    """As many lines as the engine can write for a while: what is kept, and what is drawn, stays the same."""
    script = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); echo line $i of many; done; echo the last one; sleep 600"
    cid = run(tidy, "flood", script)
    visit(page, f"/hosts/{tidy.host_id}/containers/{cid}/logs/")
    expect(page.locator("[data-box]")).to_contain_text("the last one", timeout=60_000)
    kept, drawn = page.evaluate(
        "[document.getElementById('logs').logs.lines.all.length, document.querySelectorAll('.logs-row').length]"
    )
    assert kept <= 20_000
    assert drawn < 150
