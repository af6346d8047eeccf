"""What cannot work is refused before anything is pulled, beside the form, with the reason."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.lab.browser import Watched
from tests.lab.ports import free_port

from .conftest import OTHER, WEB, House, visit

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.registry]


def plan_of(page: Page) -> str:
    """What the plan says once it refuses."""
    plan = page.locator("#deploy-plan")
    expect(plan).to_contain_text("Cannot be deployed as it is")
    return plan.inner_text()


def test_a_taken_port_is_refused_with_who_has_it(page: Page, tidy: House) -> None:
    port = str(free_port())
    image = f"{tidy.registry.netloc}/{WEB}:1"
    tidy.engine.docker("run", "-d", "--name", "squatter", "-p", f"{port}:8080", image)
    visit(page, f"/hosts/{tidy.host_id}/containers/")
    expect(page.get_by_role("link", name="squatter", exact=True)).to_be_visible(timeout=15_000)
    visit(page, f"/deploy/?image={image}")
    page.get_by_label("Host port").fill(port)
    text = plan_of(page)
    assert port in text
    assert "squatter" in text


def test_an_image_for_another_platform_is_refused_before_any_pull(watched: Watched, tidy: House) -> None:
    watched.expect("422")
    page = watched.page
    visit(page, f"/deploy/?image={tidy.registry.netloc}/{OTHER}:1")
    text = plan_of(page)
    assert "s390x" in text
    assert "Does not fit" in page.locator(".hosts-choices").inner_text()
    started = time.monotonic()
    with page.expect_navigation():
        page.get_by_role("button", name="Deploy", exact=True).press("Enter")
    assert "s390x" in plan_of(page)
    assert time.monotonic() - started < 3  # the browser's own time included; the API test measures the answer alone
    assert OTHER not in tidy.engine.docker("images", "--format", "{{.Repository}}")


@pytest.mark.parametrize(("reference", "words"), [(f"{WEB}:99", "99"), ("harbour/nothing:1", "harbour/nothing")])
def test_an_unknown_tag_or_image_is_named(page: Page, tidy: House, reference: str, words: str) -> None:
    visit(page, f"/deploy/?image={tidy.registry.netloc}/{reference}")
    assert words in plan_of(page)


def test_malformed_rows_keep_what_was_typed(watched: Watched, tidy: House) -> None:
    watched.expect("422")
    page = watched.page
    visit(page, f"/deploy/?image={tidy.registry.netloc}/{WEB}:1")
    page.get_by_label("Host port").fill("99999")
    page.get_by_role("button", name="Add a variable").click()
    page.locator("[name=env_name]").last.fill("A B")
    page.get_by_role("button", name="Deploy", exact=True).click()
    expect(page.get_by_text("Some of what you entered needs another look.")).to_be_visible()
    expect(page.get_by_label("Host port")).to_have_value("99999")
    expect(page.locator("[name=env_name]").last).to_have_value("A B")
    expect(page.get_by_text("A host port is a number from 1 to 65535")).to_be_visible()


def test_compose_errors_name_their_line(watched: Watched, tidy: House) -> None:
    watched.expect("422")
    page = watched.page
    visit(page, "/deploy/?mode=compose")
    page.get_by_label("Name", exact=True).fill("wrong")
    page.get_by_label("Compose file").fill("services:\n  web:\n    image: x:1\n    bogus: true\n")
    page.get_by_role("button", name="Deploy", exact=True).click()
    expect(page.get_by_text("Line 4, column 5")).to_be_visible()
