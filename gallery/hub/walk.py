"""Every tag of a repository on Docker Hub, page by page, however many there are up to a bound.

Docker Hub's own order is not relied upon: pages are asked for by number, and its `next` links are not followed. A tag
that moves between pages while we walk is there once.
"""

from dataclasses import dataclass
from datetime import datetime

from .client import HubClient
from .errors import HubError, NothingThere
from .types import Tag, TagPage

PAGE_SIZE = 100
MOST_PAGES = 60


@dataclass(frozen=True)
class TagWalk:
    """tags: newest first. total: as Docker Hub counts, signatures included. stopped: why not all of them are here, a
    sentence; "" when they are."""

    tags: tuple[Tag, ...]
    total: int
    stopped: str = ""


def tags_walk(
    client: HubClient, namespace: str, name: str, first: TagPage | None = None, *, most_pages: int = MOST_PAGES
) -> TagWalk:
    """Walk on from the `first` page (of 100). A page that cannot be had ends the walk; what came before is kept.

    Raises HubError when not even the first page is to be had.
    """
    page = first or client.tags(namespace, name, size=PAGE_SIZE)
    found = {tag.name: tag for tag in page.tags}
    total, number, stopped = page.total, 1, ""
    while number * PAGE_SIZE < total:
        if number >= most_pages:
            stopped = f"Only the first {number * PAGE_SIZE} tags are read."
            break
        number += 1
        try:
            page = client.tags(namespace, name, page=number, size=PAGE_SIZE)
        except NothingThere:
            stopped = f"Docker Hub gives no more than {(number - 1) * PAGE_SIZE} tags to this portal."
            break
        except HubError as error:
            stopped = str(error)
            break
        total = page.total
        for tag in page.tags:
            found.setdefault(tag.name, tag)
    return TagWalk(tuple(sorted(found.values(), key=lambda one: one.newest_first)), total, stopped)


def moment_of(when: datetime | None) -> float:
    """Unix seconds, 0 when not known."""
    return when.timestamp() if when else 0.0
