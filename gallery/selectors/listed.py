"""Templates out of the lists that the actor's teams have taken over."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from gallery.catalogue.types import Template
from gallery.models import ListedTemplate, TemplateList
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.selectors.teams import rows_of_teams
from portal.problems import NotFound

from .marks import Marks, marks_of
from .parameters import parameters_read

LOGO = "list"
AFTER_OWN = 300


def lists_visible(actor: Actor, team: Team | None = None) -> "QuerySet[TemplateList]":
    """Lists of the actor's teams, or of one of them. Raises NotFound for another people's team."""
    return rows_of_teams(TemplateList.objects.select_related("team"), actor, team)


def list_get(actor: Actor, list_id: UUID) -> TemplateList:
    """One list. Raises NotFound for an absent one and for another people's alike."""
    row = lists_visible(actor).filter(pk=list_id).first()
    if row is None:
        raise NotFound(_("There is no such list, or it belongs to a team you are not in."))
    return row


def listed_visible(actor: Actor) -> "QuerySet[ListedTemplate]":
    """Their templates; those for administrators only where the actor is one."""
    rows = ListedTemplate.objects.select_related("list__team")
    ids, admin = actor.team_ids(), actor.team_ids(Permission.MANAGE_TEAM)
    if ids is None or admin is None:
        return rows
    return rows.filter(Q(list__team_id__in=admin) | Q(list__team_id__in=ids, admin_only=False))


def listed_found(actor: Actor, *, q: str = "", category: str = "") -> "QuerySet[ListedTemplate]":
    """Those in a category that have every word of `q`."""
    rows = listed_visible(actor)
    for word in q.lower().split()[:10]:
        rows = rows.filter(words__contains=word)
    return rows.filter(words__contains=f":{category}:") if category else rows


def listed_shown(rows: Iterable[ListedTemplate]) -> tuple[Template, ...]:
    """As the gallery shows every template."""
    found = list(rows)
    marks = marks_of((row.list.team_id, image) for row in found for image in row.entry["images"])
    return tuple(_template(row, marks) for row in found)


def _template(row: ListedTemplate, marks: Marks) -> Template:
    entry, team = row.entry, row.list.team_id
    images = tuple(entry["images"])
    note = f"\n\n{entry['note']}" if entry["note"] else ""
    return Template(
        slug=row.slug,
        title=entry["title"],
        summary=entry["summary"],
        description=f"{entry['description']}{note}",
        categories=tuple(entry["categories"]),
        logo=LOGO,
        platforms=marks.platforms(team, images),
        parameters=parameters_read(entry["parameters"]),
        compose=entry["compose"],
        images=images,
        order=AFTER_OWN,
        origin=row.list.title,
        warning=entry["refusal"] or marks.warning(team, images, entry["system"]),
        repository=entry["repository"],
        file=entry["file"],
    )
