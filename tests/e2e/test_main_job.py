"""The main job: sign in, find an image in the gallery, deploy it with a published port, watch it, open its page."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.lab.ports import free_port

from .conftest import WEB, House, fetch, opened_port, visit

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.registry]

SUCCEEDED = "It runs."
PULL_MS = 60_000


def test_from_the_gallery_to_a_page_that_answers(page: Page, tidy: House, picture: Callable[[Page, str], Path]) -> None:
    port = str(free_port())
    visit(page, "/gallery/?q=web")
    page.get_by_role("link", name=WEB).first.click()
    page.get_by_role("link", name="Deploy").first.click()
    expect(page.get_by_label("Image", exact=True)).to_have_value(f"{tidy.registry.netloc}/{WEB}:2")
    expect(page.get_by_label("Container port")).to_have_value("8080")
    page.get_by_label("Host port").fill(port)
    expect(page.locator("#deploy-plan")).to_contain_text(f"{port}→8080")
    expect(page.locator("#deploy-plan")).to_contain_text("pull")
    picture(page, "deploy")
    page.get_by_role("button", name="Deploy", exact=True).click()
    page.wait_for_url("**/deployments/**")
    expect(page.locator(".timeline .step").first).to_be_visible()
    expect(page.get_by_text(SUCCEEDED)).to_be_visible(timeout=PULL_MS)
    picture(page, "deployment")
    address = opened_port(page)
    assert address == f"http://127.0.0.1:{port}/"
    assert "Harbour web 2" in fetch(address)


def test_the_timeline_moves_by_itself_and_can_be_found_again(page: Page, tidy: House) -> None:
    deploy(page, tidy, "1", name="again")
    address = page.url
    visit(page, "/applications/")
    page.get_by_role("link", name="again", exact=True).click()
    expect(page.get_by_text("1 of 1 service running").first).to_be_visible(timeout=PULL_MS)
    visit(page, address)
    expect(page.get_by_text(SUCCEEDED)).to_be_visible()
    assert page.locator(".step-done").count() >= 2


def test_a_change_is_a_new_revision_and_can_be_rolled_back(page: Page, tidy: House) -> None:
    port = deploy(page, tidy, "1", name="versions")
    page.get_by_role("link", name="Open the application").click()
    page.get_by_role("link", name="Change and deploy").click()
    page.get_by_label("Image", exact=True).fill(f"{tidy.registry.netloc}/{WEB}:2")
    expect(page.locator("#deploy-plan")).to_contain_text("replace")
    page.get_by_role("button", name="Deploy the change").click()
    expect(page.get_by_text(SUCCEEDED)).to_be_visible(timeout=PULL_MS)
    assert "Harbour web 2" in fetch(f"http://127.0.0.1:{port}/")
    page.get_by_role("link", name="Open the application").click()
    page.get_by_role("button", name="Roll back to it").click()
    expect(page.get_by_text(SUCCEEDED)).to_be_visible(timeout=PULL_MS)
    assert "Harbour web 1" in fetch(f"http://127.0.0.1:{port}/")


def test_an_application_is_removed_with_its_containers(page: Page, tidy: House) -> None:
    deploy(page, tidy, "1", name="short")
    page.get_by_role("link", name="Open the application").click()
    page.locator("summary", has_text="Remove").click()
    page.get_by_role("button", name="Remove", exact=True).last.click()
    expect(page.get_by_text("The application is gone")).to_be_visible(timeout=PULL_MS)
    assert not tidy.engine.docker("ps", "-aq", "--filter", "label=com.docker.compose.project=short").strip()


def deploy(page: Page, house: House, tag: str, *, name: str) -> str:
    """Deploy WEB at `tag` from the form, wait for its success, and return the published port."""
    port = str(free_port())
    visit(page, f"/deploy/?image={house.registry.netloc}/{WEB}:{tag}")
    page.get_by_label("Name", exact=True).first.fill(name)
    page.get_by_label("Host port").fill(port)
    expect(page.locator("#deploy-plan")).to_contain_text(f"{name}-app-1")
    page.get_by_role("button", name="Deploy", exact=True).click()
    page.wait_for_url("**/deployments/**")
    expect(page.get_by_text(SUCCEEDED)).to_be_visible(timeout=PULL_MS)
    return port
