"""Live charts of a container and a host in Chromium."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import WEB, House, visit

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.registry]

SOON_MS = 20_000


def test_charts_and_events(page: Page, tidy: House, picture: Callable[[Page, str], Path]) -> None:
    image = f"{tidy.registry.netloc}/{WEB}:1"
    cid = tidy.engine.docker("run", "-d", "--name", "busy", image, "sh", "-c", "while true; do :; done").strip()
    tidy.engine.docker("run", "-d", "--name", "idle", image, "sleep", "600")
    visit(page, f"/hosts/{tidy.host_id}/containers/{cid}/stats/")
    now = page.locator('[data-chart="cpu"] [data-now]')
    expect(now).to_contain_text("%", timeout=SOON_MS)
    expect(page.locator('[data-chart="memory"] [data-now]')).to_contain_text("B", timeout=SOON_MS)
    expect(page.locator('[data-chart="cpu"] canvas')).to_be_visible()
    visit(page, f"/hosts/{tidy.host_id}/stats/")
    expect(page.locator("[data-rows] tr")).to_have_count(2, timeout=SOON_MS)
    expect(page.locator("[data-rows]")).to_contain_text("busy")
    tidy.engine.docker("stop", "-t", "0", "idle")
    expect(page.locator("[data-events] li", has_text="container die").first).to_contain_text("idle", timeout=SOON_MS)
    picture(page, "stats")
