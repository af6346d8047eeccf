"""/gallery/templates: the portal's own, and what teams have written."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from gallery.catalogue.types import Parameter, ParameterKind, Template
from gallery.search import FitsOf, fits_once
from gallery.selectors.parameters import parameters_read
from gallery.selectors.templates import team_template_get, template_seen, templates_found
from gallery.services.templates import TemplateInput, template_add, template_change, template_remove
from portal.people.access import Actor
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_named

from .schemas import (
    TemplateList,
    TemplateOut,
    TemplateRowOut,
    fitting_ids,
    parameters_out,
    platforms_out,
)

router = Router()
Word = Annotated[str, Field(max_length=300)]


class ParameterIn(Schema):
    """kind: string, number, secret, choice, port or host-path. choices: of a choice alone. A secret has no default."""

    name: Annotated[str, Field(max_length=100)]
    label: Annotated[str, Field(max_length=100)] = ""
    kind: ParameterKind = ParameterKind.STRING
    default: Annotated[str, Field(max_length=4000)] = ""
    required: bool = False
    help: Word = ""
    choices: Annotated[list[Word], Field(max_length=50)] = Field(default_factory=list)


class TemplateIn(Schema):
    """team: slug; may be left out when the token is for one. compose: text with ${NAME} for each parameter."""

    team: Annotated[str, Field(max_length=80)] = ""
    title: Annotated[str, Field(max_length=100)]
    summary: Word = ""
    description: Annotated[str, Field(max_length=20_000)] = ""
    categories: Annotated[list[Word], Field(max_length=20)] = Field(default_factory=list)
    compose: Annotated[str, Field(max_length=262_144)]
    parameters: Annotated[list[ParameterIn], Field(max_length=50)] = Field(default_factory=list)


class TemplatePatch(Schema):
    """What is left out stays as it is."""

    title: Annotated[str, Field(max_length=100)] | None = None
    summary: Word | None = None
    description: Annotated[str, Field(max_length=20_000)] | None = None
    categories: Annotated[list[Word], Field(max_length=20)] | None = None
    compose: Annotated[str, Field(max_length=262_144)] | None = None
    parameters: Annotated[list[ParameterIn], Field(max_length=50)] | None = None


@router.get("/gallery/templates", response=TemplateList, summary="Ready applications")
def template_list(
    request: HttpRequest,
    q: Annotated[str, Field(max_length=200)] = "",
    category: Annotated[str, Field(max_length=60)] = "",
) -> TemplateList:
    actor = actor_of(request)
    fits_of = fits_once(actor)
    return TemplateList(items=[_row(template, fits_of) for template in templates_found(actor, q=q, category=category)])


@router.post("/gallery/templates", response={201: TemplateOut}, summary="Write a template of a team")
def template_new(request: HttpRequest, body: TemplateIn) -> Status[TemplateOut]:
    actor = actor_of(request)
    given = TemplateInput(
        body.title,
        body.compose,
        _parameters(body.parameters),
        body.summary,
        body.description,
        tuple(body.categories),
    )
    row = template_add(team=team_named(actor, body.team), given=given, actor=actor)
    return Status(201, _out(actor, template_seen(actor, row.slug)))


@router.get(
    "/gallery/templates/{slug}", response=TemplateOut, summary="A template with its parameters and compose text"
)
def template_detail(request: HttpRequest, slug: str) -> TemplateOut:
    actor = actor_of(request)
    return _out(actor, template_seen(actor, slug))


@router.patch("/gallery/templates/{slug}", response=TemplateOut, summary="Change a template of a team")
def template_patch(request: HttpRequest, slug: str, body: TemplatePatch) -> TemplateOut:
    actor = actor_of(request)
    row = team_template_get(actor, slug)
    given = TemplateInput(
        row.title if body.title is None else body.title,
        row.compose if body.compose is None else body.compose,
        parameters_read(row.parameters) if body.parameters is None else _parameters(body.parameters),
        row.summary if body.summary is None else body.summary,
        row.description if body.description is None else body.description,
        tuple(row.categories if body.categories is None else body.categories),
    )
    template_change(row=row, given=given, actor=actor)
    return _out(actor, template_seen(actor, slug))


@router.delete("/gallery/templates/{slug}", response={204: None}, summary="Remove a template of a team")
def template_delete(request: HttpRequest, slug: str) -> Status[None]:
    actor = actor_of(request)
    template_remove(row=team_template_get(actor, slug), actor=actor)
    return Status(204, None)


def _parameters(given: list[ParameterIn]) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(one.name, one.label or one.name, one.kind, one.default, one.required, one.help, tuple(one.choices))
        for one in given
    )


def _out(actor: Actor, template: Template) -> TemplateOut:
    return TemplateOut(
        **_row(template, fits_once(actor)).dict(),
        description=template.description,
        compose=template.compose,
        parameters=parameters_out(template.parameters),
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
        origin=template.origin,
        team=template.team,
        warning=template.warning,
        repository=template.repository,
        file=template.file,
    )
