"""Every template that somebody may see: the portal's own, and those of their teams. Pages, API and deploys ask here."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gallery.catalogue.loader import template_find, template_list
from gallery.catalogue.types import Template
from gallery.models import TeamTemplate
from gallery.problems import TemplateNotFound
from portal.people.access import Actor
from portal.people.models import Team
from portal.people.selectors.teams import rows_of_teams

from .listed import listed_found, listed_shown, listed_visible
from .marks import Marks, marks_of
from .parameters import parameters_read

LOGO = "layout-template"
AFTER_BUILT_IN = 200


def templates_of_teams(actor: Actor, team: Team | None = None) -> "QuerySet[TeamTemplate]":
    """What the actor's teams have written, or one of them. Raises NotFound for another people's team."""
    return rows_of_teams(TeamTemplate.objects.select_related("team"), actor, team)


def team_template_get(actor: Actor, slug: str) -> TeamTemplate:
    """One of a team's own. Raises TemplateNotFound for an absent one and for another people's alike."""
    row = templates_of_teams(actor).filter(slug=slug).first()
    if row is None:
        raise TemplateNotFound(_("There is no such template, or it belongs to a team you are not in."))
    return row


def templates_found(actor: Actor, *, q: str = "", category: str = "", most: int = 100) -> tuple[Template, ...]:
    """Those in a category that have every word of `q`, best matches first; at most `most` out of lists of others."""
    own = list(templates_of_teams(actor))
    listed = list(listed_found(actor, q=q, category=category)[:most])
    marks = marks_of((row.team_id, image) for row in own for image in row.images)
    every = (*template_list(), *(template_of(row, marks) for row in own))
    return (*template_find(q=q, category=category, among=every), *listed_shown(listed))


def template_seen(actor: Actor, slug: str) -> Template:
    """The template of that slug. Raises TemplateNotFound for an absent one and for another people's alike."""
    for one in template_list():
        if one.slug == slug:
            return one
    row = templates_of_teams(actor).filter(slug=slug).first()
    if row is not None:
        return template_of(row, marks_of((row.team_id, image) for image in row.images))
    if found := listed_shown(listed_visible(actor).filter(slug=slug)[:1]):
        return found[0]
    raise TemplateNotFound(_("The gallery has no template “%(slug)s”. Look through the list.") % {"slug": slug[:80]})


def template_of(row: TeamTemplate, marks: Marks) -> Template:
    """A team's own, as the gallery shows every template."""
    images = tuple(row.images)
    return Template(
        slug=row.slug,
        title=row.title,
        summary=row.summary,
        description=row.description,
        categories=tuple(row.categories),
        logo=LOGO,
        platforms=marks.platforms(row.team_id, images),
        parameters=parameters_read(row.parameters),
        compose=row.compose,
        images=images,
        order=AFTER_BUILT_IN,
        origin=row.team.name,
        team=row.team.slug,
        warning=marks.warning(row.team_id, images),
    )
