"""From a container event on the host to the changed pixel in an open page.

A created container is in the page before it is started. The start is the engine's own time of its start event; the end
is the first frame after a MutationObserver in Chromium saw its row say "Running". Both clocks are this machine's.
"""

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.lab.browser import open_page, start_browser

from .report import Row, median, percentile, spread
from .stage import IMAGE, EngineEvents, Stage, settle

ROUNDS = 20
BUDGET_MS = 150
TAIL_MS = 400
# Resolves with the time at which the container's row first says that it runs.
WATCH = """(name) => { window.seen = new Promise((resolve) => {
  const look = () => [...document.querySelectorAll("tr")].some(
    (row) => row.textContent.includes(name) && row.textContent.includes("Running"));
  const observer = new MutationObserver(() => {
    if (look()) { observer.disconnect(); requestAnimationFrame(() => resolve(Date.now())); }
  });
  observer.observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
}); }"""


def measure(stage: Stage) -> Iterator[Row]:
    events = EngineEvents(stage.engine)
    taken: list[float] = []
    with start_browser() as browser, open_page(browser, base_url=stage.portal.url) as watched:
        page = watched.page
        sign_in(page, stage)
        page.goto(f"/hosts/{stage.host_id}/containers/")
        page.wait_for_selector("#live[data-state=live]", state="attached")
        for number in range(-2, ROUNDS):
            name = f"pixel{number + 2}x"
            stage.engine.docker("create", "--name", name, IMAGE)
            page.get_by_text(name).first.wait_for()
            page.evaluate(WATCH, name)
            events.forget()
            stage.engine.docker("start", name)
            _name, at = events.started()
            seen = page.evaluate("window.seen")
            if number >= 0:
                taken.append(seen - at * 1000)
    events.close()
    settle(stage.engine)
    yield Row("container event to changed page, median", median(taken), BUDGET_MS, "ms", spread(taken))
    yield Row("container event to changed page, p99", percentile(taken, 0.99), TAIL_MS, "ms", f"{ROUNDS} events")


def sign_in(page: Page, stage: Stage) -> None:
    """As an admin with a link of its own."""
    link = stage.portal.manage("sign_in_link", "--user", "bench").strip()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
