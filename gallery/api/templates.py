"""/gallery/templates."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from gallery.catalogue.loader import template_find, template_get
from gallery.catalogue.types import Template
from gallery.search import FitsOf, fits_once
from portal.people.requests import actor_of

from .schemas import ParameterOut, TemplateList, TemplateOut, TemplateRowOut, fitting_ids, platforms_out

router = Router()


@router.get("/gallery/templates", response=TemplateList, summary="Ready applications")
def template_list(
    request: HttpRequest,
    q: Annotated[str, Field(max_length=200)] = "",
    category: Annotated[str, Field(max_length=60)] = "",
) -> TemplateList:
    fits_of = fits_once(actor_of(request))
    return TemplateList(items=[_row(template, fits_of) for template in template_find(q=q, category=category)])


@router.get(
    "/gallery/templates/{slug}", response=TemplateOut, summary="A template with its parameters and compose text"
)
def template_detail(request: HttpRequest, slug: str) -> TemplateOut:
    fits_of = fits_once(actor_of(request))
    template = template_get(slug)
    return TemplateOut(
        **_row(template, fits_of).dict(),
        description=template.description,
        compose=template.compose,
        parameters=[
            ParameterOut(
                name=one.name,
                label=one.label,
                kind=one.kind.value,
                default=one.default,
                required=one.required,
                secret=one.secret,
                help=one.help,
                choices=list(one.choices),
            )
            for one in template.parameters
        ],
    )


def _row(template: Template, fits_of: FitsOf) -> TemplateRowOut:
    return TemplateRowOut(
        slug=template.slug,
        name=template.title,
        summary=template.summary,
        categories=list(template.categories),
        platforms=platforms_out(template.platforms),
        images=list(template.images),
        fits=fitting_ids(fits_of(template.platforms)),
    )
