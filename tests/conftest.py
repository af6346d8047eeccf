"""Fixtures of every test. People and hosts by name come from tests/people.py, real parts from tests/lab."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["tests.people", "tests.parts"]

NEEDS = {
    "engine": "engine",
    "engine_with_busybox": "engine",
    "two_hosts": "engine",
    "registry": "registry",
    "redis_server": "redis",
    "postgres": "postgres",
    "browser": "browser",
    "browser_page": "browser",
    "shared_data": "shared",
    "wine": "windows",
}
# A real part on a busy machine may miss its moment: such a test gets a second try, and the summary names it. What needs
# no real part gets none.
SECOND_TRY = pytest.mark.flaky(reruns=1, reruns_delay=1)
PARTS = frozenset({"engine", "registry", "redis", "postgres", "browser", "windows"})
LAB_FILES = ("test_lab_", "test_bootstrap", "test_up.py")
_left_out: dict[str, int] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests marked `long` (make test-long)")


def shared_folder() -> Path | None:
    """The reference data of a development checkout, or None where there is none."""
    named = os.environ.get("PIERHEAD_SHARED_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    return folder if folder.is_dir() else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test with the parts its fixtures need; leave out what needs reference data that is not here."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if marker := NEEDS.get(fixture):
                item.add_marker(marker)
        if item.path.name.startswith(LAB_FILES) or PARTS & {mark.name for mark in item.iter_markers()}:
            item.add_marker(SECOND_TRY)
    if shared_folder() is None:
        _leave_out(config, items, "shared")
    if not config.getoption("--long"):
        _leave_out(config, items, "long")


def _leave_out(config: pytest.Config, items: list[pytest.Item], marker: str) -> None:
    """Deselect the tests with `marker`; the summary says how many."""
    out = [item for item in items if item.get_closest_marker(marker)]
    if out:
        _left_out[marker] = len(out)
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item.get_closest_marker(marker) is None]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of several tells the first process what it left out."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["left_out"] = _left_out


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    _left_out.update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    remedies = {
        "shared": "the reference data is not beside this checkout (set PIERHEAD_SHARED_DATA to its folder)",
        "long": "type `make test-long` to run them too",
    }
    for marker, count in _left_out.items():
        terminalreporter.write_line(f"{count} tests marked `{marker}` were left out: {remedies[marker]}.")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the reference data."""
    folder = shared_folder()
    assert folder is not None, "set PIERHEAD_SHARED_DATA to the folder with the reference data"
    return folder


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    """No test sees what another one cached."""
    yield
    from django.core.cache import cache

    from gallery.sharing import shared_forget

    cache.clear()
    shared_forget()
