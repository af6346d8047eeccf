"""What goes into the index: repositories in answers that were kept, official images, and files of rows."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.utils import timezone

from gallery.docker_hub import official_images
from gallery.hub import types
from gallery.hub.types import Category, SearchFilter, SearchItem
from gallery.hub.walk import TagWalk
from gallery.models import KeptAnswer
from gallery.models.index import IndexMark
from gallery.registry.types import Platform
from gallery.sources import HUB

from .store import index_put
from .words import Entry

MOST_ANSWERS = 2000  # taken in one run
KINDS = ("search", "official", "repository", "tags", "tag-walk")
LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.get_default_timezone())
PUBLIC = (HUB, "hub-search")  # answers of accounts are nobody else's


def feed(*, most: int = MOST_ANSWERS) -> int:
    """Take in what was kept since the last time; how many repositories. Answers of accounts are left out."""
    mark = IndexMark.objects.first() or IndexMark(fed_until=LONG_AGO)
    rows = KeptAnswer.objects.filter(source__in=PUBLIC, kind__in=KINDS, fetched_at__gt=mark.fed_until)
    answers = list(rows.order_by("fetched_at")[:most])
    if not answers:
        return 0
    count = index_put(entry for answer in answers for entry in entries_of(answer))
    mark.fed_until = answers[-1].fetched_at
    mark.save()
    return count


def entries_of(answer: KeptAnswer) -> Iterator[Entry]:
    """The repositories that a kept answer tells of; none when it makes no sense any more."""
    try:
        if answer.kind in {"search", "official"}:
            page = msgspec.convert(answer.body, types.SearchPage, strict=False)
            yield from (entry_of(item) for item in page.items)
        elif answer.kind == "repository":
            one = msgspec.convert(answer.body, types.Repository, strict=False)
            if not one.is_private:
                yield _of_repository(one)
        else:
            kind: type[types.TagPage] | type[TagWalk] = types.TagPage if answer.kind == "tags" else TagWalk
            tags = msgspec.convert(answer.body, kind, strict=False).tags
            platforms = {image.platform for tag in tags for image in tag.images}
            yield Entry(HUB, answer.subject.split(" ")[0], facets=platform_facets(platforms))
    except msgspec.ValidationError:
        return


def entry_of(item: SearchItem) -> Entry:
    """A repository that a search found."""
    facets = [f"os.{os}" for os in item.operating_systems] + [f"arch.{one}" for one in item.architectures]
    badge = "official" if item.official else item.badge
    return Entry(
        HUB,
        f"{item.namespace}/{item.name}",
        item.summary,
        item.publisher,
        badge,
        (*facets, *_described(badge, item.categories)),
        item.stars,
        item.pulls,
        item.pulls_exact,
        item.has_logo,
        item.archived,
        item.updated_at,
    )


def _of_repository(one: types.Repository) -> Entry:
    badge = "official" if one.official else ""
    return Entry(
        HUB,
        f"{one.namespace}/{one.name}",
        one.summary,
        badge=badge,
        facets=_described(badge, one.categories),
        stars=one.stars,
        pulls=one.pulls,
        archived=one.archived,
        updated_at=one.last_updated,
    )


def _described(badge: str, categories: Iterable[Category]) -> tuple[str, ...]:
    return tuple([f"badge.{badge}"] if badge else []) + tuple(f"cat.{one.slug}" for one in categories)


def platform_facets(platforms: Iterable[Platform]) -> tuple[str, ...]:
    """Facets of the platforms of a repository's tags."""
    found: dict[str, None] = {}
    for one in sorted(platforms):
        found |= {f"os.{one.os}": None, f"arch.{one.architecture}": None}
        build = one.os_version.split(".")[2] if one.os == "windows" and one.os_version.count(".") >= 2 else ""
        if build.isdigit():
            found[f"win.{build}"] = None
    return tuple(found)


def seed_official() -> int:
    """Docker's official images, asked of Docker Hub now: two questions. Raises HubError."""
    return index_put(entry_of(item) for item in official_images(SearchFilter("")).items)


def seed_file(path: Path) -> int:
    """Rows out of a file, a JSON object a line: path, summary, publisher, badge, facets, stars, pulls, updated_at."""
    with path.open(encoding="utf-8") as lines:
        return index_put(_of_line(json.loads(line)) for line in lines if line.strip())


def _of_line(row: dict[str, Any]) -> Entry:
    moment = row.get("updated_at")
    return Entry(
        str(row.get("source", HUB)),
        str(row["path"]),
        str(row.get("summary", "")),
        str(row.get("publisher", "")),
        str(row.get("badge", "")),
        tuple(map(str, row.get("facets", ()))),
        row.get("stars"),
        row.get("pulls"),
        updated_at=datetime.fromisoformat(moment) if moment else None,
    )
