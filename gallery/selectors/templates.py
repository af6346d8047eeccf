"""Every template that somebody may see: the portal's own, and those of their teams. Pages, API and deploys ask here."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gallery.catalogue.loader import template_find, template_list
from gallery.catalogue.types import Parameter, ParameterKind, Template
from gallery.models import TeamTemplate
from gallery.problems import TemplateNotFound
from gallery.registry.types import Platform
from portal.people.access import Actor, Permission
from portal.people.models import Team

LOGO = "layout-template"
AFTER_BUILT_IN = 200


def templates_of_teams(actor: Actor, team: Team | None = None) -> "QuerySet[TeamTemplate]":
    """What the actor's teams have written, or one of them. Raises NotFound for another people's team."""
    rows = TeamTemplate.objects.select_related("team")
    if team is not None:
        actor.require(Permission.READ, team)
        return rows.filter(team=team)
    ids = actor.team_ids()
    return rows if ids is None else rows.filter(team_id__in=ids)


def team_template_get(actor: Actor, slug: str) -> TeamTemplate:
    """One of a team's own. Raises TemplateNotFound for an absent one and for another people's alike."""
    row = templates_of_teams(actor).filter(slug=slug).first()
    if row is None:
        raise TemplateNotFound(_("There is no such template, or it belongs to a team you are not in."))
    return row


def templates_visible(actor: Actor) -> tuple[Template, ...]:
    """Every template, the portal's own first."""
    return (*template_list(), *(template_of(row) for row in templates_of_teams(actor)))


def templates_found(actor: Actor, *, q: str = "", category: str = "") -> tuple[Template, ...]:
    """Those in a category that have every word of `q`, best matches first."""
    return template_find(q=q, category=category, among=templates_visible(actor))


def template_seen(actor: Actor, slug: str) -> Template:
    """The template of that slug. Raises TemplateNotFound for an absent one and for another people's alike."""
    for one in template_list():
        if one.slug == slug:
            return one
    row = templates_of_teams(actor).filter(slug=slug).first()
    if row is not None:
        return template_of(row)
    raise TemplateNotFound(_("The gallery has no template “%(slug)s”. Look through the list.") % {"slug": slug[:80]})


def template_of(row: TeamTemplate) -> Template:
    """A team's own, as the gallery shows every template."""
    return Template(
        slug=row.slug,
        title=row.title,
        summary=row.summary,
        description=row.description,
        categories=tuple(row.categories),
        logo=LOGO,
        platforms=platforms_read(row.platforms),
        parameters=parameters_read(row.parameters),
        compose=row.compose,
        images=tuple(row.images),
        order=AFTER_BUILT_IN,
        origin=row.team.name,
        team=row.team.slug,
    )


def parameters_read(rows: Sequence[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    """Questions as they are stored."""
    return tuple(
        Parameter(
            name=row["name"],
            label=row["label"],
            kind=ParameterKind(row["kind"]),
            default=row.get("default", ""),
            required=bool(row.get("required", False)),
            help=row.get("help", ""),
            choices=tuple(row.get("choices", ())),
        )
        for row in rows
    )


def platforms_read(texts: Sequence[str]) -> tuple[Platform, ...]:
    """Platforms as they are stored, "os/architecture/variant"."""
    parts = (text.split("/") for text in texts)
    return tuple(Platform(*part[:3]) for part in parts if len(part) >= 2)
