"""What is searched for, and what was found: the same words for every source."""

from dataclasses import dataclass, field
from datetime import datetime

from portal.problems import Problem

from .catalogue.types import Template
from .fits import Fit, HostImage
from .registry.types import Platform
from .repositories import RepositoryName
from .sources import Source

PAGE_SIZE = 24


@dataclass(frozen=True)
class SearchRequest:
    """What a person looks for. source: "" for all, "hub", "azure", a registry's host, "templates" or "hosts".

    fits_host: "any" for "runs on one of my hosts", or a host's id. sort: "", pulls, updated or name. windows: a build,
    "20348"; verified: by a verified publisher.
    """

    q: str = ""
    source: str = ""
    os: str = ""
    architecture: str = ""
    official: bool = False
    category: str = ""
    fits_host: str = ""
    sort: str = ""
    page: int = 1
    verified: bool = False
    windows: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether anything but the page is asked for."""
        return self != SearchRequest(page=self.page)


@dataclass(frozen=True)
class Found:
    """A repository. platforms: without variants, empty when the source does not tell. pulls: see SearchItem."""

    name: RepositoryName
    summary: str = ""
    badge: str = ""
    stars: int | None = None
    pulls: int | None = None
    pulls_exact: bool = True
    platforms: tuple[Platform, ...] = ()
    has_logo: bool = False
    updated_at: datetime | None = None
    archived: bool = False
    publisher: str = ""
    categories: tuple[str, ...] = ()  # titles
    fits: tuple[Fit, ...] = ()
    private: bool = False

    @property
    def official(self) -> bool:
        return self.badge == "official"

    @property
    def systems(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(platform.os for platform in self.platforms))

    @property
    def fitting(self) -> int:
        """How many hosts it runs on."""
        return sum(1 for fit in self.fits if fit.ok)


@dataclass(frozen=True)
class SourceAnswer:
    """What one source found. problem: why it found nothing, or nothing new; fetched_at: age of what is shown."""

    source: Source
    items: tuple[Found, ...] = ()
    total: int | None = None
    more: bool = False
    fetched_at: datetime | None = None
    problem: Problem | None = None
    plain: bool = False  # Docker Hub's older search: platforms and categories are not known to it
    own: bool = False  # what an account of the team sees
    local: bool = False  # some of it is known from before, and was not asked for now

    @property
    def offline(self) -> bool:
        return self.problem is not None

    @property
    def slow(self) -> bool:
        """It may answer in a moment: the page may ask again by itself."""
        return bool(getattr(self.problem, "slow", False))


@dataclass(frozen=True)
class SearchResult:
    """Everything that was found, source by source."""

    answers: tuple[SourceAnswer, ...] = ()
    templates: tuple[tuple[Template, tuple[Fit, ...]], ...] = ()
    images: tuple[HostImage, ...] = field(default=())

    @property
    def empty(self) -> bool:
        return not (self.templates or self.images or any(answer.items for answer in self.answers))
