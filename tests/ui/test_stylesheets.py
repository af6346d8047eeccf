"""The style sheets and modules: all are listed, collected ones are one file with hashed imports, a page is light."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.management.commands.collectstatic import Command
from django.core.management import call_command
from django.template import engines
from django.test import override_settings

from portal import stylesheets
from portal.stylesheets import BUNDLE, MODULES, SHEETS, Storage

STATIC = Path(settings.BASE_DIR) / "static"
FIRST_PAGE_LIMIT = 100_000


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Storage:
    """The site's static files as `manage.py up` collects them."""
    root = tmp_path_factory.mktemp("collected")
    with override_settings(STATIC_ROOT=root):
        command = Command()
        command.storage = Storage(location=root)
        call_command(command, interactive=False, verbosity=0)
        return Storage(location=root)


def test_every_sheet_is_listed() -> None:
    assert {f"{name}.css" for name in SHEETS} == {path.name for path in (STATIC / "css").glob("*.css")}


def test_every_module_is_listed() -> None:
    assert {f"{name}.js" for name in (*MODULES, "main")} == {path.name for path in (STATIC / "js").glob("*.js")}


def test_tokens_come_first_and_narrow_windows_last() -> None:
    assert SHEETS[0] == "tokens"
    assert SHEETS[-1] == "phone"


def test_uncollected_each_sheet_is_linked() -> None:
    assert stylesheets.stylesheet_addresses() == [f"/static/css/{name}.css" for name in SHEETS]
    assert stylesheets.module_addresses() == []


def test_collected_one_sheet_is_linked(collected: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stylesheets, "staticfiles_storage", collected)
    monkeypatch.setattr(stylesheets, "static", collected.url)
    (only,) = stylesheets.stylesheet_addresses()
    assert re.fullmatch(r"/static/css/pierhead\.[0-9a-f]{12}\.css", only)
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", address) for address in stylesheets.module_addresses())


def test_the_one_sheet_holds_all_in_order(collected: Storage) -> None:
    text = Path(collected.path(collected.hashed_files[BUNDLE])).read_text()
    places = [text.index(marker) for marker in (":root {", ".shell {", ".button {", ".table {", ".panel {", ".bare {")]
    assert places == sorted(places)
    assert 'url("../img/chevron.svg")' not in text, "addresses inside are hashed"


def test_modules_import_hashed_names(collected: Storage) -> None:
    text = Path(collected.path(collected.hashed_files["js/main.js"])).read_text()
    imports = re.findall(r'from "(\./[^"]+)"', text)
    assert len(imports) == len(re.findall("^import ", text, re.M)) > 5
    for name in imports:
        assert re.fullmatch(r"\./[a-z]+\.[0-9a-f]{12}\.js", name)
        assert (Path(collected.location) / "js" / name).is_file()


def test_a_first_page_is_light(collected: Storage) -> None:
    """Everything the base page asks for, compressed as it is served, with 30 KB left for the page's own text."""
    names = [BUNDLE, "js/main.js", *(f"js/{name}.js" for name in MODULES), "img/logo.svg", "img/favicon.svg"]
    names += ["vendor/htmx/htmx.min.js", "vendor/idiomorph/idiomorph-ext.min.js"]
    sizes = {
        name: len(gzip.compress(Path(collected.path(collected.hashed_files[name])).read_bytes())) for name in names
    }
    assert sum(sizes.values()) < FIRST_PAGE_LIMIT - 30_000, sizes


def test_the_page_links_what_it_needs() -> None:
    html = engines["django"].get_template("base.html").render({})
    assert html.count('rel="stylesheet"') == len(SHEETS)
    assert "vendor/htmx/htmx.min.js" in html
    assert 'type="module" src="/static/js/main.js"' in html
