"""Open pages follow the engine: what somebody does with the docker client, and what is pressed on the page."""

import pytest
from playwright.sync_api import Page, expect

from .conftest import WEB, House, visit

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.registry]

SOON_MS = 15_000


def run(house: House, name: str, *words: str) -> str:
    """A container started by hand; its id."""
    image = f"{house.registry.netloc}/{WEB}:1"
    return house.engine.docker("run", "-d", "--name", name, *words, image).strip()


def test_a_container_started_by_hand_appears_without_a_reload(page: Page, tidy: House) -> None:
    visit(page, f"/hosts/{tidy.host_id}/containers/")
    page.evaluate("window.untouched = true")
    run(tidy, "by-hand")
    expect(page.get_by_role("link", name="by-hand", exact=True)).to_be_visible(timeout=SOON_MS)
    tidy.engine.docker("rm", "-f", "by-hand")
    expect(page.get_by_role("link", name="by-hand", exact=True)).to_have_count(0, timeout=SOON_MS)
    assert page.evaluate("window.untouched")


def test_stop_and_start_from_the_list(page: Page, tidy: House) -> None:
    run(tidy, "pressed")
    visit(page, f"/hosts/{tidy.host_id}/containers/")
    row = page.locator("tr", has_text="pressed")
    row.get_by_role("button", name="Stop pressed").click()
    expect(row.get_by_text("Exited")).to_be_visible(timeout=30_000)
    assert tidy.engine.docker("inspect", "-f", "{{.State.Running}}", "pressed").strip() == "false"
    row.get_by_role("button", name="Start pressed").click()
    expect(row.get_by_text("Running")).to_be_visible(timeout=30_000)
    assert tidy.engine.docker("inspect", "-f", "{{.State.Running}}", "pressed").strip() == "true"


def test_removing_asks_first(page: Page, tidy: House) -> None:
    run(tidy, "unwanted")
    visit(page, f"/hosts/{tidy.host_id}/containers/")
    row = page.locator("tr", has_text="unwanted")
    row.get_by_label("More for unwanted").click()
    row.get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Remove unwanted?")
    dialog.get_by_role("button", name="Cancel").click()
    assert tidy.engine.docker("ps", "-q", "--filter", "name=unwanted").strip()
    row.get_by_label("More for unwanted").click()
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("link", name="unwanted", exact=True)).to_have_count(0, timeout=30_000)


def test_the_page_of_a_container_has_its_log(page: Page, tidy: House) -> None:
    image = f"{tidy.registry.netloc}/{WEB}:1"
    script = "i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; done; sleep 600"
    cid = tidy.engine.docker("run", "-d", "--name", "chatty", image, "sh", "-c", script).strip()
    visit(page, f"/hosts/{tidy.host_id}/containers/{cid}/")
    log = page.locator("#log-lines")
    expect(log).to_contain_text("line 300", timeout=SOON_MS)
    assert "line 99\n" not in log.inner_text()
    page.get_by_label("How many lines").select_option("1000")
    expect(log).to_contain_text("line 1\n", timeout=SOON_MS)
    page.get_by_text("Times").click()
    expect(log).to_contain_text("T", timeout=SOON_MS)


def test_an_exit_is_explained_where_it_happened(page: Page, tidy: House) -> None:
    image = f"{tidy.registry.netloc}/{WEB}:1"
    cid = tidy.engine.docker("run", "-d", "--name", "broken", image, "sh", "-c", "sleep 1; exit 3").strip()
    visit(page, f"/hosts/{tidy.host_id}/containers/{cid}/")
    expect(page.get_by_text("It has ended with exit code 3.")).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_text("own code 3")).to_be_visible()


def test_a_filter_stays_while_the_page_lives(page: Page, tidy: House) -> None:
    run(tidy, "wanted-1")
    visit(page, f"/hosts/{tidy.host_id}/containers/?q=wanted")
    run(tidy, "ignored")
    run(tidy, "wanted-2")
    expect(page.get_by_role("link", name="wanted-2", exact=True)).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_role("link", name="ignored", exact=True)).to_have_count(0)
    page.get_by_label("Name, image or id").fill("ignored")
    expect(page.get_by_role("link", name="ignored", exact=True)).to_be_visible(timeout=SOON_MS)
    assert page.url.endswith("?q=ignored&state=&health=")
