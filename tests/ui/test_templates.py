"""Every template of the site: it compiles, has no inline script or style, and names icons that exist."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines

from portal.templatetags.icons import icon_drawing
from portal.templatetags.states import LOOKS, UNKNOWN

ROOT = Path(settings.BASE_DIR)
TEMPLATES = ROOT / "templates"
ALL = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))

INLINE = {
    "an inline style": re.compile(r"\sstyle\s*="),
    "a style element": re.compile(r"<style\b"),
    "an inline handler": re.compile(r"\son[a-z]+\s*=\s*[\"']"),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc=)"),
    "a javascript: address": re.compile(r"javascript:"),
    "htmx that needs eval": re.compile(r"hx-on[:-]|hx-vals\s*=\s*[\"']js:|hx-trigger\s*=\s*[\"'][^\"']*\["),
    "something from elsewhere": re.compile(r"<(?:script|link|img)\b[^>]*(?:src|href)=[\"'](?:https?:)?//"),
}
# In `from:find input[name=q]` the brackets are a selector; after the name of an event they would be a filter in eval.
FROM_SELECTOR = re.compile(r"""from:(?:(?:closest|find|next|previous)\s+)?[^\s,"']+""")
ICON_TAG = re.compile(r"""\{%\s*icon\s+["']([^"']+)["']""")
BADGE_TAG = re.compile(r"""\{%\s*badge\s+["'][a-z]+["']\s+["']([^"']+)["']""")
ICON_WITH = re.compile(r"""\bicon(?:_name)?=["']([a-z0-9-]+)["']""")
NAV_TAG = re.compile(r"""\{%\s*nav_link\s+\S+\s+["']([^"']+)["']""")
MAX_LINES = 120


def text_of(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def test_there_are_templates() -> None:
    assert "base.html" in ALL


@pytest.mark.parametrize("name", ALL)
def test_it_compiles(name: str) -> None:
    engines["django"].get_template(name)


@pytest.mark.parametrize("name", ALL)
def test_it_has_nothing_that_the_policy_forbids(name: str) -> None:
    text = FROM_SELECTOR.sub("", text_of(name))
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


@pytest.mark.parametrize("name", ALL)
def test_its_icons_exist(name: str) -> None:
    text = text_of(name)
    named = [*ICON_TAG.findall(text), *BADGE_TAG.findall(text), *ICON_WITH.findall(text), *NAV_TAG.findall(text)]
    assert [icon for icon in named if icon_drawing(icon) is None] == []


@pytest.mark.parametrize("name", ALL)
def test_it_is_of_readable_length(name: str) -> None:
    assert len(text_of(name).splitlines()) <= MAX_LINES


@pytest.mark.parametrize("name", ALL)
def test_its_live_parts_have_an_id(name: str) -> None:
    for tag in re.findall(r"<\w+[^>]*\sdata-live=[^>]*>", text_of(name)):
        assert re.search(r"\sid=", tag), tag


@pytest.mark.parametrize("kind", sorted(LOOKS))
def test_the_icons_of_states_exist(kind: str) -> None:
    looks = [*LOOKS[kind].values(), UNKNOWN]
    assert [look.icon for look in looks if icon_drawing(look.icon) is None] == []


def test_no_file_of_ours_is_too_long() -> None:
    files = [*(ROOT / "static" / "css").glob("*.css"), *(ROOT / "static" / "js").glob("*.js")]
    assert files
    assert [path.name for path in files if len(path.read_text().splitlines()) > 300] == []


def test_colours_are_named_in_the_tokens_alone() -> None:
    """Other files may mix a shade for a ground; text and borders always use tokens, which the contrast test reads."""
    wrong = []
    for path in (ROOT / "static" / "css").glob("*.css"):
        if path.name != "tokens.css":
            found = re.findall(
                r"^\s*(?:color|border(?:-\w+)*-color|fill|stroke):.*#[0-9a-f]{3,8}.*$", path.read_text(), re.M
            )
            wrong += [f"{path.name}: {line.strip()}" for line in found]
    assert wrong == []
