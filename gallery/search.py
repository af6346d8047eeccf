"""One search over every source: Docker Hub, the named registry, our own templates, what hosts hold already."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from portal.people.access import Actor
from portal.problems import Problem

from .answers import PAGE_BUDGET, prefetch
from .catalogue.categories import category_title
from .catalogue.types import Template
from .docker_hub import hub_search, hub_search_question
from .fits import Fit, HostImage, fits, host_images
from .found import PAGE_SIZE, Found, SearchRequest, SearchResult, SourceAnswer
from .hub.types import SearchFilter, SearchItem
from .known import joined, known_here
from .own import own_answers, registry_answer
from .problems import MarketplaceUnknown
from .registries import catalog_question
from .registry.types import Platform
from .repositories import RepositoryName
from .selectors.marketplace import marketplace_answer
from .selectors.registries import access_of_actor
from .selectors.templates import templates_found
from .sources import HUB, HUB_SOURCE, MARKETPLACE_SOURCE, Source, named_registry

MAX_PAGE = 50
LIVE_BUDGET = 0.15  # seconds for Docker Hub when something is known here already; the page asks again by itself
TEMPLATES = "templates"
HOSTS = "hosts"
SORTS = ("", "pulls", "updated", "name")
LINUX_WINDOWS = ("linux", "windows")
ARCHITECTURES = ("amd64", "arm64", "arm", "386", "ppc64le", "riscv64", "s390x")


FitsOf = Callable[[Sequence[Platform]], tuple[Fit, ...]]


def fits_once(actor: Actor) -> FitsOf:
    """`fits` for one request: the same platforms are asked about once."""
    known: dict[tuple[Platform, ...], tuple[Fit, ...]] = {}

    def of(platforms: Sequence[Platform]) -> tuple[Fit, ...]:
        key = tuple(platforms)
        if key not in known:
            known[key] = tuple(fits(actor, key))
        return known[key]

    return of


def search(actor: Actor, wanted: SearchRequest) -> SearchResult:
    """What every source, or the one that was chosen, has of it. A source that is away is named, never raised."""
    fits_of = fits_once(actor)
    registry = named_registry()
    sources = [source for source in (registry, HUB_SOURCE) if source and wanted.source in {"", source.slug}]
    if registry is not None and registry in sources and wanted.page == 1 and not wanted.category:
        prefetch(catalog_question(registry, access_of_actor(actor, registry.slug)))
    if HUB_SOURCE in sources and not wanted.windows:
        prefetch(hub_search_question(_hub_filter(wanted)))
    answers = own_answers(actor, wanted) + tuple(_answer(actor, source, wanted, fits_of) for source in sources)
    answers += _marketplace(wanted)
    templates: tuple[tuple[Template, tuple[Fit, ...]], ...] = ()
    if wanted.source in {"", TEMPLATES} and wanted.page == 1 and not (wanted.official or wanted.verified):
        templates = _templates(actor, wanted, fits_of)
    images: tuple[HostImage, ...] = ()
    platform = wanted.os or wanted.architecture or wanted.windows
    plain = not (platform or wanted.official or wanted.verified or wanted.category)
    if wanted.source in {"", HOSTS} and wanted.page == 1 and plain:
        images = tuple(host_images(actor, query=wanted.q, limit=200 if wanted.source else 12))
    return SearchResult(answers, templates, images)


def _marketplace(wanted: SearchRequest) -> tuple[SourceAnswer, ...]:
    try:
        found = marketplace_answer(wanted)
    except MarketplaceUnknown as problem:
        return (SourceAnswer(MARKETPLACE_SOURCE, problem=problem),)
    return (found,) if found is not None else ()


def _templates(actor: Actor, wanted: SearchRequest, fits_of: FitsOf) -> tuple[tuple[Template, tuple[Fit, ...]], ...]:
    matching = templates_found(actor, q=wanted.q, category=wanted.category)
    found = [(one, fits_of(one.platforms)) for one in matching]
    return tuple(
        (one, fitting)
        for one, fitting in found
        if _has_platform(one.platforms, wanted) and _runs(fitting, wanted.fits_host, known=True)
    )


def _has_platform(platforms: Sequence[Platform], wanted: SearchRequest) -> bool:
    if not (wanted.os or wanted.windows or wanted.architecture):
        return True
    return any(
        (not wanted.os or platform.os == wanted.os)
        and (not wanted.windows or platform.os == "windows")
        and (not wanted.architecture or platform.architecture == wanted.architecture)
        for platform in platforms
    )


def _runs(fitting: Sequence[Fit], fits_host: str, *, known: bool) -> bool:
    """Whether it runs where it is wanted; what is not known is kept out of a list of what runs."""
    if not fits_host:
        return True
    return known and any(fit.ok and fits_host in {"any", fit.host_id} for fit in fitting)


def _answer(actor: Actor, source: Source, wanted: SearchRequest, fits_of: FitsOf) -> SourceAnswer:
    try:
        if source.is_hub:
            found = _hub_answer(wanted)
        else:
            found = registry_answer(source, wanted, access_of_actor(actor, source.slug))
    except Problem as problem:
        return SourceAnswer(source, problem=problem)
    items = [replace(item, fits=fits_of(item.platforms)) for item in found.items]
    kept = [item for item in items if _runs(item.fits, wanted.fits_host, known=bool(item.platforms))]
    if wanted.sort == "name":
        kept.sort(key=lambda item: item.name.familiar)
    return replace(found, items=tuple(kept))


def _hub_filter(wanted: SearchRequest) -> SearchFilter:
    return SearchFilter(
        wanted.q,
        page=wanted.page,
        size=PAGE_SIZE,
        badge="official" if wanted.official else "verified_publisher" if wanted.verified else "",
        os=wanted.os,
        architecture=wanted.architecture,
        category=wanted.category,
        sort=wanted.sort if wanted.sort in {"pulls", "updated"} else "",
    )


def _hub_answer(wanted: SearchRequest) -> SourceAnswer:
    """What Docker Hub says, and what is known here. A page does not wait long for the one when it has the other."""
    known = known_here(wanted)
    if wanted.windows:  # Docker Hub's search does not know versions of Windows
        return SourceAnswer(HUB_SOURCE, known, len(known), local=True)
    try:
        kept = hub_search(_hub_filter(wanted), budget=LIVE_BUDGET if known else PAGE_BUDGET)
    except Problem as problem:
        if not known:
            raise
        return SourceAnswer(HUB_SOURCE, known, problem=problem, local=True)
    page = kept.value
    items, more = page.items, page.more
    if page.generation == "namespace":
        start = (wanted.page - 1) * PAGE_SIZE
        items, more = items[start : start + PAGE_SIZE], start + PAGE_SIZE < len(items)
        if wanted.sort == "updated":
            items = tuple(sorted(items, key=lambda one: -(one.updated_at.timestamp() if one.updated_at else 0)))
    return SourceAnswer(
        HUB_SOURCE,
        joined([_found(item) for item in items], known if page.generation != "namespace" else (), wanted),
        page.total,
        more and wanted.page < MAX_PAGE,
        kept.fetched_at,
        kept.problem,
        plain=page.generation == "v2",
        local=bool(known),
    )


def _found(item: SearchItem) -> Found:
    platforms = tuple(
        Platform(os, architecture)
        for os in item.operating_systems
        for architecture in item.architectures
        if os != "windows" or architecture in {"amd64", "arm64"}
    )
    return Found(
        RepositoryName(HUB_SOURCE, item.namespace, item.name),
        item.summary,
        "official" if item.official else item.badge,
        item.stars,
        item.pulls,
        item.pulls_exact,
        platforms,
        item.has_logo,
        item.updated_at,
        item.archived,
        item.publisher,
        tuple(category_title(category.slug) for category in item.categories[:2]),
    )


__all__ = ["HUB", "Found", "SearchRequest", "SearchResult", "SourceAnswer", "search"]
