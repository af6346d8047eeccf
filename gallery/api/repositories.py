"""/gallery/repositories/{source}/{namespace}/{name} and its tags. An empty namespace is written "-".

The source "azure" is the Marketplace: a publisher is a namespace, an offer a repository, a SKU a tag.
"""

from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from gallery.docker_hub import hub_repository
from gallery.readme import readme_html
from gallery.registries import registry_repository
from gallery.repositories import TagFilter
from gallery.search import fits_once
from gallery.sources import MARKETPLACE
from gallery.tags import tags_flat
from gallery.views.asked import family_of, named
from portal.people.requests import actor_of

from .cursors import cursor_of, page_of_cursor
from .marketplace import offer_out, skus_out
from .schemas import RepositoryOut, TagsOut, tag_out

router = Router()

MAX_PAGES = 10_000
REPOSITORY = "/gallery/repositories/{source}/{path:namespace}/{name}"


@router.get(f"{REPOSITORY}/tags", response=TagsOut, summary="Tags with platforms, digest, size and where they run")
def repository_tags(
    request: HttpRequest,
    source: str,
    namespace: str,
    name: str,
    os: Literal["", "linux", "windows"] = "",
    architecture: Annotated[str, Field(max_length=32)] = "",
    q: Annotated[str, Field(max_length=128)] = "",
    family: Annotated[str, Field(max_length=30, pattern=r"^[0-9.]*$")] = "",
    variant: Annotated[str, Field(max_length=60)] = "",
    windows: Annotated[str, Field(max_length=6, pattern="^[0-9]*$")] = "",
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 50,
) -> TagsOut:
    """os, architecture, windows (a build, "20348"): tags that have such a platform; q: part of the tag's name; family:
    versions of "1.27"; variant: the words after the version, "alpine". `note` says why tags are missing, when some are.
    """
    actor = actor_of(request)
    text = q.replace("\x00", "").strip()
    if source == MARKETPLACE:
        return skus_out(namespace, name, q=text, os=os, architecture=architecture)
    wanted = named(source, namespace, name, actor)
    page = page_of_cursor(cursor, MAX_PAGES)
    asked = TagFilter(text, os, architecture, page, limit, family_of(family), variant, windows)
    kept = tags_flat(wanted, asked)
    fits_of = fits_once(actor)
    return TagsOut(
        items=[tag_out(row, wanted.image(row.name), fits_of(row.platforms)) for row in kept.value.rows],
        next=cursor_of(page, kept.value.more),
        total=kept.value.total,
        fetched_at=kept.fetched_at,
        stale=kept.stale,
        detail=kept.problem.detail if kept.problem else "",
        note=kept.value.note,
        complete=not (kept.value.note or kept.value.growing),
    )


@router.get(REPOSITORY, response=RepositoryOut, summary="A repository with its README")
def repository(request: HttpRequest, source: str, namespace: str, name: str) -> RepositoryOut:
    actor = actor_of(request)
    if source == MARKETPLACE:
        return offer_out(namespace, name)
    wanted = named(source, namespace, name, actor)
    kept = hub_repository(wanted) if wanted.source.is_hub else registry_repository(wanted)
    found = kept.value
    return RepositoryOut(
        source=wanted.source.slug,
        namespace=wanted.namespace,
        name=wanted.name,
        reference=wanted.familiar,
        summary=found.summary,
        readme=found.readme,
        readme_html=readme_html(found.readme),
        official=found.official,
        archived=found.archived,
        stars=found.stars,
        pulls=found.pulls,
        last_updated=found.last_updated,
        registered_at=found.registered,
        categories=[category.slug for category in found.categories],
        license=found.license,
        fetched_at=kept.fetched_at,
        stale=kept.stale,
        detail=kept.problem.detail if kept.problem else "",
    )
