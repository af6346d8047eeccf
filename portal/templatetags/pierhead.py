"""The template library `pierhead`: icons, state badges, quantities, form fields. docs/design-language.md shows each."""

import zlib
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.template.context import Context
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.stylesheets import module_addresses, stylesheet_addresses

from . import wording
from .icons import icon_svg
from .states import Tone, look_of

register = template.Library()

THEMES = ("light", "dark")
THEME_COOKIE = "pierhead_theme"
TINTS = 8
NOTHING = "—"

NOTICE_ICONS = {"ok": "circle-check", "info": "info", "warn": "triangle-alert", "bad": "octagon-alert"}
MESSAGE_TONES = {"debug": "info", "info": "info", "success": "ok", "warning": "warn", "error": "bad"}
OS_ICONS = {"linux": "terminal", "windows": "grid-2x2"}


@register.simple_tag
def icon(name: str, size: int = 16, classes: str = "") -> SafeString:
    """{% icon "play" %}: an inline icon, hidden from screen readers; a word stands beside it or in aria-label."""
    return icon_svg(name, size=size, classes=classes)


@register.simple_tag
def state_badge(state: object, kind: str = "container", pill: bool = False, word: str = "") -> SafeString:
    """{% state_badge container.state kind="container" %}: icon, word (or `word`) and colour together."""
    look = look_of(state, kind)
    return _badge(look.tone, look.icon, word or str(look.word), pill=pill, moving=look.moving)


@register.simple_tag
def badge(tone: str, icon_name: str, word: str, pill: bool = False) -> SafeString:
    """{% badge "warn" "triangle-alert" _("Update available") %}: a badge for what has no table of states."""
    return _badge(Tone(tone), icon_name, word, pill=pill)


def _badge(tone: Tone, icon_name: str, word: str, *, pill: bool, moving: bool = False) -> SafeString:
    return format_html(
        '<span class="badge badge-{}{}">{}{}</span>',
        tone.value,
        " badge-pill" if pill else "",
        icon_svg(icon_name, classes="spin" if moving else ""),
        word,
    )


@register.simple_tag
def state_icon(state: object, kind: str = "step") -> SafeString:
    """The icon of a state alone, for timelines whose word stands in hidden text beside it."""
    look = look_of(state, kind)
    return icon_svg(look.icon, classes="spin" if look.moving else "")


@register.simple_tag
def state_word(state: object, kind: str = "step") -> str:
    """The word of a state alone."""
    return str(look_of(state, kind).word)


@register.simple_tag
def os_mark(os: str, words: str = "") -> SafeString:
    """{% os_mark host.os host.os_name %}: the mark of an operating system with its name."""
    name = words or {"linux": "Linux", "windows": "Windows"}.get(os, os) or _("unknown")
    return format_html('<span class="mark">{}{}</span>', icon_svg(OS_ICONS.get(os, "circle-question-mark")), name)


@register.simple_tag
def monogram(name: str, size: str = "", round_: bool = False) -> SafeString:
    """Two letters on a colour that follows from the name, for what has no logo. size: "", "small" or "large"."""
    words = [word for word in name.replace("_", "-").replace("/", "-").replace(" ", "-").split("-") if word]
    letters = (words[0][:1] + words[1][:1]) if len(words) > 1 else (words[0][:2] if words else "?")
    classes = f" monogram-{size}" if size else ""
    classes += " monogram-round" if round_ else ""
    tint = zlib.crc32(name.encode()) % TINTS
    return format_html('<span class="monogram{} tint-{}" aria-hidden="true">{}</span>', classes, tint, letters)


@register.simple_tag
def copy_button(value: str, label: str = "") -> SafeString:
    """A button that copies `value`; hidden where there is no JavaScript."""
    return format_html(
        '<button type="button" class="copy needs-js" data-copy="{}" aria-label="{}">{}</button>',
        value,
        label or _("Copy %(value)s") % {"value": wording.short_id(value)},
        icon_svg("copy"),
    )


@register.simple_tag
def short_id_copy(value: str) -> SafeString:
    """{% short_id_copy container.cid %}: the short form of an id, the whole on hover, and a button that copies it."""
    if not value:
        return SafeString(NOTHING)
    return format_html(
        '<span class="id"><abbr title="{}">{}</abbr>{}</span>', value, wording.short_id(value), copy_button(value)
    )


@register.simple_tag
def message_tone(level_tag: str) -> str:
    """The tone of a django.contrib.messages level."""
    return MESSAGE_TONES.get(level_tag, "info")


@register.simple_tag
def tone_icon(tone: str) -> SafeString:
    """The icon of a notice or toast of that tone."""
    return icon_svg(NOTICE_ICONS.get(tone, "info"))


@register.simple_tag
def stylesheets() -> SafeString:
    """The links of the style sheets: one once they are collected, see portal/stylesheets.py."""
    return format_html_join("\n    ", '<link rel="stylesheet" href="{}">', ((one,) for one in stylesheet_addresses()))


@register.simple_tag
def module_preloads() -> SafeString:
    """Links that let the browser fetch all modules at once, before it has read the first."""
    return format_html_join("\n    ", '<link rel="modulepreload" href="{}">', ((one,) for one in module_addresses()))


@register.simple_tag(takes_context=True)
def theme_attribute(context: Context) -> SafeString:
    """` data-theme="dark"` as the visitor chose it, empty when the system decides."""
    request = context.get("request")
    chosen = request.COOKIES.get(THEME_COOKIE, "") if request is not None else ""
    return format_html(' data-theme="{}"', chosen) if chosen in THEMES else SafeString("")


@register.inclusion_tag("ui/_nav_link.html", takes_context=True)
def nav_link(
    context: Context, address: str, icon_name: str, word: str, short: str = "", wide: bool = False
) -> dict[str, object]:
    """One entry of the navigation. Current on its own page and on every page below it. wide: not on phones."""
    request = context.get("request")
    path = request.path if request is not None else ""
    current = path == address if address == "/" else path.startswith(address)
    return {
        "address": address,
        "icon_name": icon_name,
        "word": word,
        "short": short or word,
        "wide": wide,
        "current": current,
    }


@register.inclusion_tag("ui/_field.html")
def field(bound: BoundField, label: str = "", help_text: str = "", classes: str = "") -> dict[str, object]:
    """{% field form.name %}: label, control, help and errors of a form field, tied together for screen readers."""
    control = bound.as_widget(attrs=_field_attrs(bound))
    return {
        "bound": bound,
        "control": control,
        "label": label or bound.label,
        "help_text": help_text or bound.help_text,
        "classes": classes,
        "is_check": isinstance(bound.field.widget, CheckboxInput),
        "optional": not bound.field.required,
    }


def _field_attrs(bound: BoundField) -> dict[str, Any]:
    described = []
    if bound.help_text:
        described.append(f"{bound.auto_id}_help")
    if bound.errors:
        described.append(f"{bound.auto_id}_errors")
    attrs: dict[str, Any] = {}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return attrs


def _number(value: object) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


@register.filter(name="bytes")
def bytes_filter(value: object) -> str:
    """1500000000 -> "1.5 GB" (decimal, as the Docker client writes sizes)."""
    number = _number(value)
    return NOTHING if number is None else wording.bytes_text(number)


@register.filter
def memory(value: object) -> str:
    """1073741824 -> "1.0 GiB" (binary, as the Docker client writes memory)."""
    number = _number(value)
    return NOTHING if number is None else wording.memory_text(number)


@register.filter(name="number")
def number_filter(value: object) -> str:
    """12345 -> "12,345"."""
    found = _number(value)
    return NOTHING if found is None else wording.number_text(found)


@register.filter
def number_short(value: object) -> str:
    """1234567 -> "1.2M"."""
    found = _number(value)
    return NOTHING if found is None else wording.number_short(found)


@register.filter
def duration(value: object) -> str:
    """A timedelta, or seconds: "2 min 5 s"."""
    if isinstance(value, timedelta):
        return wording.duration_text(value)
    found = _number(value)
    return NOTHING if found is None else wording.duration_text(found)


@register.filter
def short_id(value: object) -> str:
    """The first twelve characters of an id or digest, without sha256:."""
    return wording.short_id(str(value or "")) or NOTHING


@register.filter
def image_short(value: object) -> str:
    """An image reference for a narrow place."""
    return wording.image_short(str(value or "")) or NOTHING


@register.filter
def age(value: object, stale_after: object = None) -> SafeString:
    """{{ host.observed_at|age }}: relative time that a script keeps true, the absolute on hover.

    With an argument in seconds, {{ host.observed_at|age:15 }}, an older fact is marked stale.
    """
    if not isinstance(value, datetime):
        return format_html('<span class="unknown">{}</span>', _("unknown"))
    limit = _number(stale_after)
    now = timezone.now()
    stale = limit is not None and (now - value).total_seconds() > limit
    local = timezone.localtime(value)
    return format_html(
        '<time class="age{}" datetime="{}" title="{}" data-age{}>{}</time>',
        " stale" if stale else "",
        value.isoformat(timespec="milliseconds"),
        f"{formats.date_format(local, 'DATETIME_FORMAT')} {local.tzname()}",
        format_html('="{}"', int(limit)) if limit is not None else "",
        wording.age_text(value, now),
    )
