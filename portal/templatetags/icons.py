"""Icons: the lucide set as npm installed it, one file each, put into the page so that they take its colour."""

import logging
import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

log = logging.getLogger(__name__)

DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
BETWEEN = re.compile(r"\s+")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def icon_folder() -> Path:
    """Where the icons lie. Raises ImproperlyConfigured, with the remedy, when they were not installed."""
    folder = Path(settings.NODE_MODULES) / "lucide-static" / "icons"
    if not folder.is_dir():
        raise ImproperlyConfigured(
            f"The icons are not in {folder}. Run `make run` or `npm ci` once: it installs the browser parts."
        )
    return folder


@lru_cache(maxsize=512)
def icon_drawing(name: str) -> str | None:
    """The shapes of an icon as SVG text without the outer element; None when there is no icon of that name."""
    folder = icon_folder()
    if not NAME.fullmatch(name):
        return None
    try:
        text = (folder / f"{name}.svg").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found = DRAWING.search(text)
    return BETWEEN.sub(" ", found.group(1)).replace(" <", "<").replace("> ", ">").strip() if found else None


def icon_svg(name: str, *, size: int = 16, classes: str = "") -> SafeString:
    """An inline, decorative SVG. An unknown name is a red square with the name in DEBUG, and a log line otherwise."""
    if icon_drawing(name) is None:
        log.error("There is no icon named %r.", name)
        if settings.DEBUG:
            return format_html('<span class="icon icon-missing" title="no icon {}">{}</span>', name, name)
    return _drawn(name, size, classes)


@lru_cache(maxsize=1024)
def _drawn(name: str, size: int, classes: str) -> SafeString:
    return format_html(
        '<svg class="icon{}" width="{}" height="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>',
        f" {classes}" if classes else "",
        size,
        size,
        mark_safe(icon_drawing(name) or ""),  # noqa: S308 - from the installed package, never from a visitor
    )
