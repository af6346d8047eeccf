"""The main job on real parts: a portal as `manage.py up` starts it, an engine, a registry with images, a browser."""

import os
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.lab.browser import Watched, open_page
from tests.lab.engine import Engine
from tests.lab.images import WEB_CHANGES
from tests.lab.oci import Platform, publish
from tests.lab.portal import Portal, start_portal
from tests.lab.processes import wait_until
from tests.lab.registry import Registry

from .fleet import fleet, fleet_parts

__all__ = ["fleet", "fleet_parts"]

WEB = "harbour/web"
OTHER = "harbour/other"
ADMIN = "admin"
TEAM = "First team"
# Pressing Deploy leaves the page while a plan may be on its way.
PLAN_LEFT = ("htmx:sendAbort", "htmx:afterRequest")
DOCS_IMAGES = Path(__file__).resolve().parents[2] / "docs" / "img"


@dataclass(frozen=True)
class House:
    """Everything a test here works with. engine: enrolled as the portal's first host, `host_id`, and online."""

    portal: Portal
    engine: Engine
    registry: Registry
    token: str
    host_id: str


def _one_online(body: dict[str, list[dict[str, str]]]) -> bool:
    return [host["state"] for host in body["items"]] == ["online"]


def publish_images(engine: Engine, registry: Registry) -> None:
    """WEB:1 and WEB:2, a web server and its page; OTHER:1, for a platform that no machine here has."""
    for number in ("1", "2"):
        page = f"<h1>Harbour web {number}</h1>".encode()
        image = f"e2e-web:{number}"
        engine.image_from_busybox(image, files={"www/index.html": page}, changes=WEB_CHANGES)
        registry.push(engine, image, f"{WEB}:{number}")
        engine.docker("rmi", image)
    publish(registry, f"{OTHER}:1", [Platform("linux", "s390x"), Platform("windows", os_version="10.0.20348.1")])


@pytest.fixture(scope="package")
def house(lab_engine: Engine, registry: Registry) -> Iterator[House]:
    """One portal for all tests here, its gallery on the local registry, the engine its first host."""
    publish_images(lab_engine, registry)
    with start_portal(engine=lab_engine, env={"PIERHEAD_REGISTRY_URL": registry.url}) as portal:
        token = portal.token("admin", team=TEAM, user=ADMIN)
        body = portal.wait_for("hosts", token, _one_online)
        yield House(portal, lab_engine, registry, token, str(body["items"][0]["id"]))


@pytest.fixture
def tidy(house: House) -> Iterator[House]:
    """The house; what a test deployed or started is removed after it."""
    yield house
    token = house.token
    for row in house.portal.api("GET", "applications", token)[1]["items"]:
        house.portal.api("DELETE", f"applications/{row['id']}", token)
    wait_until(
        lambda: not house.portal.api("GET", "applications", token)[1]["items"], seconds=60, what="no application left"
    )
    house.engine.remove_containers()


def visit(page: Page, address: str) -> None:
    """Open an address and wait for its scripts."""
    page.goto(address)
    page.wait_for_function("() => window.htmx !== undefined")


def expect_usual(watched: Watched) -> None:
    """What a browser says on its console although nothing is wrong."""
    for text in PLAN_LEFT:
        watched.expect(text)


def sign_in(page: Page, portal: Portal) -> None:
    """Sign in as the first administrator, by a one-time link as the command line gives it."""
    visit(page, portal.manage("sign_in_link", "--user", ADMIN).split()[-1])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{portal.url}/")


@pytest.fixture
def watched(browser: Browser, tidy: House) -> Iterator[Watched]:
    """A signed-in page of the portal; an error on its console fails the test."""
    with open_page(browser, base_url=tidy.portal.url) as found:
        expect_usual(found)
        sign_in(found.page, tidy.portal)
        yield found


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


@pytest.fixture
def phone(browser: Browser, tidy: House) -> Iterator[Page]:
    """The same on a phone's window."""
    with open_page(browser, base_url=tidy.portal.url, phone=True) as found:
        expect_usual(found)
        sign_in(found.page, tidy.portal)
        yield found.page


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[Page, str], Path]:
    """`picture(page, "deployment")` keeps a picture: in a temporary folder, or in docs/img when
    PIERHEAD_TEST_DOCS_IMAGES is set."""
    folder = DOCS_IMAGES if os.environ.get("PIERHEAD_TEST_DOCS_IMAGES") else tmp_path

    def take(page: Page, name: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.png"
        page.screenshot(path=path, animations="disabled")
        return path

    return take


def fetch(url: str) -> str:
    """The body of a page that an application serves."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def opened_port(page: Page) -> str:
    """The address that a page offers to open."""
    link = page.locator('a[href^="http://"]', has_text="Open").first
    link.wait_for()
    return str(link.get_attribute("href"))
