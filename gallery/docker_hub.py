"""Questions to Docker Hub, kept and answered through `answers`."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.problems import Problem

from .answers import PAGE_BUDGET, Kept, Question, answer_to
from .asking import StillAsking
from .hub import errors, types
from .problems import HubUnavailable, RegistryDenied, RepositoryNotFound, SourceLimited, still_asking
from .registry.reference import Reference
from .registry.types import Platform, PlatformManifest
from .repositories import Repository, RepositoryName, TagFilter, TagList, TagRow
from .sources import HUB, Access, hub_client

T = TypeVar("T")

SEARCH = "hub-search"  # walled off at times although everything else answers
SEARCH_AGE = timedelta(minutes=10)
DETAIL_AGE = timedelta(minutes=30)
TAGS_AGE = timedelta(minutes=5)
LOGO_AGE = timedelta(days=7)


def hub_problem(error: Exception) -> Problem:
    """The problem that an error of Docker Hub's client is for a person."""
    if isinstance(error, errors.SignInRefused):
        return RegistryDenied(str(error))
    if isinstance(error, errors.NothingThere | errors.AccessDenied):
        return RepositoryNotFound(_("Docker Hub has no such repository, or it is private. Check the name, or search."))
    if isinstance(error, errors.RateLimited):
        return SourceLimited(limited_detail(error.retry_after or 60), retry_after=error.retry_after or 60)
    if isinstance(error, StillAsking):
        return still_asking(HubUnavailable, "Docker Hub")
    if isinstance(error, errors.HubError):
        return HubUnavailable(str(error))
    return HubUnavailable(_("Docker Hub does not answer."))


def limited_detail(seconds: int) -> str:
    """Why Docker Hub is not asked now, and until when."""
    until = timezone.localtime(timezone.now() + timedelta(seconds=seconds))
    detail = _("Docker Hub asks this portal to wait until %(time)s: too many requests from this address.")
    return detail % {"time": until.strftime("%H:%M:%S %Z")}


def hub_search_question(wanted: types.SearchFilter) -> Question[types.SearchPage]:
    """A search, or the official images when nothing is searched for."""
    client = hub_client()
    if not wanted.query and wanted.badge in {"", "official"} and not (wanted.os or wanted.architecture):
        return Question(
            HUB,
            "official",
            wanted.category,
            types.SearchPage,
            lambda: official_images(wanted),
            hub_problem,
            HubUnavailable,
            DETAIL_AGE,
        )
    # The search needs words: without any, the ones that most repositories have stand in.
    asked = types.SearchFilter(**{**asdict(wanted), "query": wanted.query or wanted.category or "image"})
    subject = " ".join(f"{name}={value}" for name, value in asdict(asked).items() if value)
    return Question(
        SEARCH,
        "search",
        subject,
        types.SearchPage,
        lambda: client.search(asked),
        hub_problem,
        HubUnavailable,
        SEARCH_AGE,
    )


def official_images(wanted: types.SearchFilter) -> types.SearchPage:
    """Docker's official images, most pulled first."""
    client = hub_client()
    page = client.namespace("library")
    rows = list(page.items)
    while page.next and len(rows) < 500:
        page = client.namespace("library", following=page.next)
        rows += page.items
    rows.sort(key=lambda one: -(one.pulls or 0))
    items = tuple(
        types.SearchItem(
            one.namespace,
            one.name,
            one.summary,
            "official",
            one.stars,
            one.pulls,
            categories=one.categories,
            has_logo=True,
            updated_at=one.last_updated,
            archived=one.archived,
        )
        for one in rows
        if not wanted.category or wanted.category in {category.slug for category in one.categories}
    )
    return types.SearchPage(items, len(items), "namespace", False)


def hub_search(wanted: types.SearchFilter, *, budget: float = PAGE_BUDGET) -> Kept[types.SearchPage]:
    """Repositories on Docker Hub. budget: seconds to wait. Raises HubUnavailable, SourceLimited."""
    return answer_to(replace(hub_search_question(wanted), budget=budget))


def hub_repository(name: RepositoryName) -> Kept[Repository]:
    """The page of a repository on Docker Hub. Raises RepositoryNotFound, HubUnavailable, SourceLimited."""
    client = hub_client(name.access)
    kept = answer_to(
        Question(
            name.access.source(HUB),
            "repository",
            name.path,
            types.Repository,
            lambda: client.repository(name.namespace, name.name),
            hub_problem,
            HubUnavailable,
            DETAIL_AGE,
        )
    )
    found = kept.value
    repository = Repository(
        name,
        summary=found.summary,
        readme=found.full_description,
        official=found.official,
        archived=found.archived,
        stars=found.stars,
        pulls=found.pulls,
        last_updated=found.last_updated,
        registered=found.date_registered,
        categories=found.categories,
        storage_size=found.storage_size,
    )
    return Kept(repository, kept.fetched_at, kept.problem)


def hub_tags_question(name: RepositoryName, wanted: TagFilter) -> Question[types.TagPage]:
    """A page of tags."""
    client = hub_client(name.access)

    def ask() -> types.TagPage:
        try:
            return client.tags(
                name.namespace,
                name.name,
                contains=wanted.q,
                os=wanted.os,
                architecture=wanted.architecture,
                page=wanted.page,
                size=wanted.size,
            )
        except errors.NothingThere:
            if wanted.page > 1:  # past the end
                return types.TagPage((), 0, None)
            raise

    subject = f"{name.path} {wanted.q} {wanted.os} {wanted.architecture} {wanted.page} {wanted.size}"
    return Question(name.access.source(HUB), "tags", subject, types.TagPage, ask, hub_problem, HubUnavailable, TAGS_AGE)


def hub_tags(name: RepositoryName, wanted: TagFilter) -> Kept[TagList]:
    """A page of tags, newest first. Raises RepositoryNotFound, HubUnavailable, SourceLimited."""
    kept = answer_to(hub_tags_question(name, wanted))
    rows = tuple(tag_row(tag) for tag in kept.value.tags)
    return Kept(TagList(rows, kept.value.total, kept.value.next is not None), kept.fetched_at, kept.problem)


def tag_row(tag: types.Tag) -> TagRow:
    """A tag of Docker Hub in the words that every source shares."""
    manifests = tuple(PlatformManifest(image.platform, image.digest, image.size or None) for image in tag.images)
    return TagRow(tag.name, tag.digest, manifests, tag.last_updated)


def hub_own_question(access: Access, namespace: str) -> Question[types.RepositoryPage]:
    """The repositories of a namespace that a signed-in account sees, private ones too."""
    client = hub_client(access)
    return Question(
        access.source(HUB),
        "own",
        namespace,
        types.RepositoryPage,
        lambda: client.namespace(namespace),
        hub_problem,
        HubUnavailable,
        SEARCH_AGE,
    )


def hub_tag_platforms(reference: Reference, digest: str, access: Access) -> frozenset[str] | None:
    """Digests of the platforms of a tag, from the web API, which counts no pull; None when the tag there has another
    digest than `digest`, or none. Raises RepositoryNotFound, HubUnavailable, SourceLimited."""
    found = _hub_tag(reference, digest, access)
    if found.digest not in {"", digest}:  # old tags have none
        return None
    return frozenset(image.digest for image in found.images if image.digest)


def hub_tag_runs_on(reference: Reference, digest: str, access: Access) -> tuple[Platform, ...]:
    """The platforms of a tag, from the web API, which counts no pull. Raises as `hub_tag_platforms`."""
    return tag_row(_hub_tag(reference, digest, access)).platforms


def _hub_tag(reference: Reference, digest: str, access: Access) -> types.Tag:
    client = hub_client(access, urgent=False)
    namespace, _, name = reference.repository.rpartition("/")
    question = Question(
        access.source(HUB),
        "tag",
        f"{reference.repository}:{reference.tag} {digest}",
        types.Tag,
        lambda: client.tag(namespace, name, reference.tag),
        hub_problem,
        HubUnavailable,
        TAGS_AGE,
        budget=10.0,
    )
    return answer_to(question).value


def hub_logo(name: RepositoryName) -> types.Logo | None:
    """The logo of a repository on Docker Hub, None when it has none. Raises HubUnavailable, SourceLimited."""
    client = hub_client()

    def ask() -> tuple[types.Logo, ...]:
        logo = client.logo(name.namespace, name.name)
        return () if logo is None else (logo,)

    question = Question(
        "hub-logos", "logo", name.path, tuple[types.Logo, ...], ask, hub_problem, HubUnavailable, LOGO_AGE
    )
    found = answer_to(question).value
    return found[0] if found else None
