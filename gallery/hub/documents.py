"""Docker Hub's JSON -> typed values. Every field is checked: the shapes differ between endpoints and years."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gallery.registry.types import Platform

from .types import Category, Repository, SearchItem, Tag, TagImage, TagLayer

_COUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([KMB]?)(\+?)\Z", re.IGNORECASE)
_FACTORS = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})?\Z")
_PART = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\Z")
_STATUS = {
    0: "initialized",
    1: "active",
    2: "pending_delete",
    3: "locked",
    4: "moderated",
    5: "plan_exceeded",
    6: "archived",
}
_LEFT_OUT = (".sig", ".att", ".sbom")


def text(value: object, limit: int = 400) -> str:
    return value[:limit] if isinstance(value, str) else ""


def number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62 else None


def mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def moment(value: object) -> datetime | None:
    """A time with 0 to 9 digits of fraction; the year 1 means never."""
    match = _MOMENT.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    fraction = (match.group(2) or "")[:7]
    try:
        found = datetime.fromisoformat(match.group(1) + fraction + (match.group(3) or "Z").replace("Z", "+00:00"))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.year > 1970 else None


def count(value: object) -> tuple[int | None, bool]:
    """(number, exact): 12 or "1B+"."""
    whole = number(value)
    if whole is not None:
        return whole, True
    match = _COUNT.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None, True
    return int(float(match.group(1)) * _FACTORS[match.group(2).upper()]), not match.group(3)


def split_name(value: str, publisher: str = "") -> tuple[str, str]:
    """(namespace, name) of "nginx", "library/nginx" or "grafana/grafana"; ("", "") when it is no repository."""
    namespace, slash, name = value.strip().lower().rpartition("/")
    namespace = namespace if slash else publisher or "library"
    if not all(_PART.match(part) for part in (namespace, name)):
        return "", ""
    return namespace, name


def categories(value: object) -> tuple[Category, ...]:
    found = (Category(text(row.get("slug")), text(row.get("name"))) for row in rows(value))
    return tuple(one for one in found if one.slug)


def _names(value: object) -> tuple[str, ...]:
    names = dict.fromkeys(text(row.get("name")).lower() for row in rows(value))
    return tuple(name for name in names if name and name != "unknown")


def search_item_v4(row: Mapping[str, Any]) -> SearchItem | None:
    """A result of /api/search/v4. `name` may be a title for people: `id` and `slug` name the repository."""
    for candidate in (row.get("id"), row.get("slug"), row.get("name")):
        namespace, name = split_name(text(candidate)) if text(candidate) else ("", "")
        if name:
            break
    else:
        return None
    if text(row.get("type")) not in {"", "image"}:
        return None
    pulls, exact = count(row.get("pull_count"))
    badge = text(row.get("badge")).replace("verfified", "verified")  # so it stands in the specification
    logo = mapping(row.get("logo_url"))
    return SearchItem(
        namespace,
        name,
        summary=text(row.get("short_description"), 1000),
        badge=badge if badge in {"official", "verified_publisher", "open_source"} else "",
        stars=count(row.get("star_count"))[0],
        pulls=pulls,
        pulls_exact=exact,
        operating_systems=_names(row.get("operating_systems")),
        architectures=_names(row.get("architectures")),
        categories=categories(row.get("categories")),
        has_logo=bool(text(logo.get("large")) or text(logo.get("small"))),
        updated_at=moment(row.get("updated_at")),
        archived=row.get("archived") is True,
        publisher=text(mapping(row.get("publisher")).get("name")),
    )


def search_item_v2(row: Mapping[str, Any]) -> SearchItem | None:
    """A result of /v2/search/repositories/."""
    namespace, name = split_name(text(row.get("repo_name")))
    if not name:
        return None
    pulls, exact = count(row.get("pull_count"))
    return SearchItem(
        namespace,
        name,
        summary=text(row.get("short_description"), 1000),
        badge="official" if row.get("is_official") is True else "",
        stars=count(row.get("star_count"))[0],
        pulls=pulls,
        pulls_exact=exact,
    )


def repository(row: Mapping[str, Any]) -> Repository | None:
    """A row of a namespace, or the detail of one repository."""
    namespace, name = text(row.get("namespace")), text(row.get("name"))
    if not namespace or not name:
        return None
    code = number(row.get("status"))
    status = text(row.get("status_description")).lower() or _STATUS.get(code if code is not None else 1, "active")
    content_types = row.get("content_types")
    return Repository(
        namespace,
        name,
        summary=text(row.get("description"), 1000),
        full_description=text(row.get("full_description"), 1 << 20),
        stars=count(row.get("star_count"))[0],
        pulls=count(row.get("pull_count"))[0],
        last_updated=moment(row.get("last_updated")),
        date_registered=moment(row.get("date_registered")),
        status=status,
        is_private=row.get("is_private") is True,
        categories=categories(row.get("categories")),
        content_types=tuple(text(one) for one in content_types) if isinstance(content_types, list) else (),
        storage_size=number(row.get("storage_size")),
    )


def tag(row: Mapping[str, Any]) -> Tag | None:
    """A tag; signatures and attestations that are stored as tags are none."""
    name = text(row.get("name"))
    if not name or name.endswith(_LEFT_OUT) or name.startswith("sha256-"):
        return None
    return Tag(
        name,
        digest=text(row.get("digest")),
        images=tag_images(row.get("images")),
        full_size=number(row.get("full_size")) or 0,
        last_updated=moment(row.get("tag_last_pushed")) or moment(row.get("last_updated")),
        last_updater=text(row.get("last_updater_username")),
        status=text(row.get("tag_status")) or text(row.get("status")),
        content_type=text(row.get("content_type")) or "image",
    )


def tag_images(value: object) -> tuple[TagImage, ...]:
    """The platforms of a tag, attestations left out."""
    images: list[TagImage] = []
    for image in rows(value):
        platform = Platform(
            text(image.get("os")).lower(),
            text(image.get("architecture")).lower(),
            text(image.get("variant")),
            text(image.get("os_version")),
        )
        if platform.os in {"", "unknown"} or platform.architecture == "unknown":
            continue
        pushed = moment(image.get("last_pushed"))
        layers = tuple(
            TagLayer(text(one.get("instruction"), 4000), text(one.get("digest")), number(one.get("size")) or 0)
            for one in rows(image.get("layers"))[:500]
        )
        images.append(TagImage(platform, text(image.get("digest")), number(image.get("size")) or 0, pushed, layers))
    return tuple(images)


def error_words(body: object, fallback: str) -> str:
    """What an error body says, in whichever of its forms it comes."""
    found = mapping(body)
    for key in ("message", "detail", "text"):
        if words := text(found.get(key), 300):
            return words
    for value in mapping(found.get("fields")).values():
        if isinstance(value, list) and value and isinstance(value[0], str):
            return value[0][:300]
    return fallback[:300]
