"""/gallery/search."""

from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from gallery.catalogue.categories import category_title
from gallery.catalogue.types import Template
from gallery.fits import Fit
from gallery.search import MAX_PAGE, TEMPLATES, Found, SearchRequest, SourceAnswer, search
from portal.people.requests import actor_of

from .cursors import cursor_of, page_of_cursor
from .schemas import SearchItemOut, SearchOut, SourceOut, fitting_ids, platforms_out

router = Router()

Sort = Literal["", "relevance", "pulls", "updated", "name"]
System = Literal["", "linux", "windows"]


@router.get("/gallery/search", response=SearchOut, summary="Find images and templates in every source")
def gallery_search(
    request: HttpRequest,
    q: Annotated[str, Field(max_length=200)] = "",
    source: Annotated[str, Field(max_length=255)] = "",
    os: System = "",
    architecture: Annotated[str, Field(max_length=32)] = "",
    official: bool = False,
    category: Annotated[str, Field(max_length=60)] = "",
    fits_host: Annotated[str, Field(max_length=40)] = "",
    verified: bool = False,
    windows: Annotated[str, Field(max_length=6, pattern="^[0-9]*$")] = "",
    sort: Sort = "",
    cursor: str | None = None,
) -> SearchOut:
    """source: "hub", a registry's host, "azure" (images of machines), "templates"; fits_host: a host's id or "any" for
    one of yours.

    A source that is away is named under `sources` and fails nothing.
    """
    page = page_of_cursor(cursor, MAX_PAGE)
    wanted = SearchRequest(
        q=" ".join(q.replace("\x00", "").split()),
        source=source,
        os=os,
        architecture=architecture,
        official=official,
        category=category,
        fits_host=fits_host,
        sort="" if sort == "relevance" else sort,
        page=page,
        verified=verified,
        windows=windows,
    )
    result = search(actor_of(request), wanted)
    items = [_template(template, fits) for template, fits in result.templates]
    found = [_found(item) for answer in result.answers for item in answer.items]
    more = any(answer.more for answer in result.answers)
    return SearchOut(
        items=[*found, *items] if wanted.q else [*items, *found],
        next=cursor_of(page, more),
        sources=[_source(answer) for answer in result.answers],
    )


def _found(item: Found) -> SearchItemOut:
    return SearchItemOut(
        source=item.name.source.slug,
        namespace=item.name.namespace,
        name=item.name.name,
        reference="" if item.name.source.is_marketplace else item.name.familiar,
        summary=item.summary,
        official=item.official,
        badge=item.badge,
        archived=item.archived,
        stars=item.stars,
        pulls=item.pulls,
        pulls_exact=item.pulls_exact,
        updated_at=item.updated_at,
        categories=list(item.categories),
        platforms=platforms_out(item.platforms),
        fits=fitting_ids(item.fits),
    )


def _template(template: Template, fits: tuple[Fit, ...]) -> SearchItemOut:
    return SearchItemOut(
        source=TEMPLATES,
        namespace="",
        name=template.title,
        reference="",
        summary=template.summary,
        official=False,
        categories=[category_title(slug) for slug in template.categories],
        platforms=platforms_out(template.platforms),
        fits=fitting_ids(fits),
        template=template.slug,
    )


def _source(answer: SourceAnswer) -> SourceOut:
    problem = answer.problem
    state = "online"
    if problem is not None:
        state = "stale" if answer.items else "limited" if problem.status == 429 else "offline"
    return SourceOut(
        source=answer.source.slug,
        title=answer.source.title,
        state=state,
        detail=problem.detail if problem else "",
        fetched_at=answer.fetched_at,
        total=answer.total,
    )
