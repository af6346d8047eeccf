"""Repositories of Docker Hub that are known here: what the page shows at once, while Docker Hub is being asked."""

from collections.abc import Sequence

from .catalogue.categories import category_title
from .found import PAGE_SIZE, Found, SearchRequest
from .index.store import Wanted, index_find
from .index.words import Entry
from .registry.types import Platform
from .repositories import RepositoryName
from .sources import HUB, HUB_SOURCE


def known_here(wanted: SearchRequest) -> tuple[Found, ...]:
    """The page of the local search; nothing when nothing is searched for."""
    facets = facets_of(wanted)
    if not wanted.q and not facets:
        return ()
    entries = [entry for entry in index_find(Wanted(wanted.q, facets, wanted.sort)) if entry.source == HUB]
    start = (wanted.page - 1) * PAGE_SIZE
    return tuple(found_of(entry) for entry in entries[start : start + PAGE_SIZE])


def facets_of(wanted: SearchRequest) -> tuple[str, ...]:
    """The filters of a search as facets."""
    given = {
        "os.": wanted.os,
        "arch.": wanted.architecture,
        "cat.": wanted.category,
        "win.": wanted.windows,
        "badge.": "official" if wanted.official else "verified_publisher" if wanted.verified else "",
    }
    return tuple(f"{kind}{value}" for kind, value in given.items() if value)


def found_of(entry: Entry) -> Found:
    """A repository of the index as every source shows it."""
    namespace, _, name = entry.path.rpartition("/")
    platforms = tuple(
        Platform(os, architecture)
        for os in entry.systems
        for architecture in entry.architectures
        if os != "windows" or architecture in {"amd64", "arm64"}
    )
    return Found(
        RepositoryName(HUB_SOURCE, namespace, name),
        entry.summary,
        entry.badge,
        entry.stars,
        entry.pulls,
        entry.pulls_exact,
        platforms,
        entry.has_logo,
        entry.updated_at,
        entry.archived,
        entry.publisher,
        tuple(category_title(slug) for slug in entry.categories[:2]),
    )


def joined(live: Sequence[Found], known: Sequence[Found], wanted: SearchRequest) -> tuple[Found, ...]:
    """The exact name first, then what Docker Hub found in its own order, then what only we know of."""
    there = {item.name.path for item in live}
    found = [*live, *(item for item in known if item.name.path not in there)]
    if wanted.q and wanted.page == 1:
        exact = wanted.q.lower().strip()
        found.sort(key=lambda item: item.name.familiar != exact and item.name.path != exact)
    return tuple(found[: max(PAGE_SIZE, len(live))])
