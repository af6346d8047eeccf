"""What Docker Hub answers, frozen, in its own words.

Counts of pulls and stars are Docker Hub's own aggregates and approximate. Times are UTC; None: never, or not told.
"""

from dataclasses import dataclass
from datetime import datetime

from gallery.registry.types import Platform


@dataclass(frozen=True)
class Category:
    """slug: "web-servers"; name: "Web servers"."""

    slug: str
    name: str


@dataclass(frozen=True)
class SearchItem:
    """One repository found. badge: official, verified_publisher, open_source or "".

    pulls: as a number; from "1B+" it is the lower bound, and `pulls_exact` is False. None: not told.
    operating_systems, architectures: in Go's words; empty when this kind of search does not tell.
    """

    namespace: str
    name: str
    summary: str = ""
    badge: str = ""
    stars: int | None = None
    pulls: int | None = None
    pulls_exact: bool = True
    operating_systems: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    has_logo: bool = False
    updated_at: datetime | None = None
    archived: bool = False
    publisher: str = ""

    @property
    def official(self) -> bool:
        return self.namespace == "library" or self.badge == "official"


@dataclass(frozen=True)
class SearchFilter:
    """What to search for. page counts from 1. badge as in SearchItem; sort: "", "updated" or "pulls"."""

    query: str
    page: int = 1
    size: int = 24
    badge: str = ""
    os: str = ""
    architecture: str = ""
    category: str = ""
    sort: str = ""


@dataclass(frozen=True)
class SearchPage:
    """generation: "v4", or "v2" for the older search, which knows neither platforms nor categories.

    total: of all pages, as Docker Hub counts. more: whether another page follows.
    """

    items: tuple[SearchItem, ...]
    total: int
    generation: str
    more: bool


@dataclass(frozen=True)
class Repository:
    """status: active, archived, ... full_description: markdown, not to be trusted; "" when there is none."""

    namespace: str
    name: str
    summary: str = ""
    full_description: str = ""
    stars: int | None = None
    pulls: int | None = None
    last_updated: datetime | None = None
    date_registered: datetime | None = None
    status: str = "active"
    is_private: bool = False
    categories: tuple[Category, ...] = ()
    content_types: tuple[str, ...] = ()
    storage_size: int | None = None

    @property
    def official(self) -> bool:
        return self.namespace == "library"

    @property
    def archived(self) -> bool:
        return self.status not in {"active", "initialized", ""}


@dataclass(frozen=True)
class RepositoryPage:
    """One page of a namespace. next: path and query of the following page at Docker Hub, None at the end."""

    items: tuple[Repository, ...]
    total: int
    next: str | None


@dataclass(frozen=True)
class TagLayer:
    """A step of the build. digest, size: "" and 0 when it added no layer."""

    instruction: str
    digest: str = ""
    size: int = 0


@dataclass(frozen=True)
class TagImage:
    """One platform of a tag. digest: "" when Docker Hub does not know it. size: compressed bytes."""

    platform: Platform
    digest: str = ""
    size: int = 0
    last_pushed: datetime | None = None
    layers: tuple[TagLayer, ...] = ()


@dataclass(frozen=True)
class Tag:
    """digest: of the index, or of the only manifest; "" on old tags. images: without attestations; may be empty."""

    name: str
    digest: str = ""
    images: tuple[TagImage, ...] = ()
    full_size: int = 0
    last_updated: datetime | None = None
    last_updater: str = ""
    status: str = ""
    content_type: str = "image"

    @property
    def newest_first(self) -> tuple[float, str]:
        """A sort key; tags without a time come last."""
        return (-(self.last_updated.timestamp() if self.last_updated else 0.0), self.name)


@dataclass(frozen=True)
class TagPage:
    """One page of tags. next: path and query of the following page at Docker Hub, None at the end."""

    tags: tuple[Tag, ...]
    total: int
    next: str | None


@dataclass(frozen=True)
class Logo:
    """content_type: found from the bytes themselves, one of png, jpeg, gif, webp."""

    content_type: str
    content: bytes


@dataclass(frozen=True)
class RateLimit:
    """What Docker Hub last said of its own limit: requests a minute, those left, unix seconds of the reset."""

    limit: int | None = None
    remaining: int | None = None
    reset: int | None = None
