"""What teams have picked: stars and shelves, as far as the actor may see them, with what is known of each."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gallery.catalogue.types import Template
from gallery.fits import Fit
from gallery.found import Found
from gallery.index.store import index_named
from gallery.known import found_of
from gallery.models import Collection, CollectionItem, Favourite
from gallery.picks import Pick
from gallery.problems import TemplateNotFound
from gallery.registry.types import Platform
from gallery.selectors.templates import template_seen
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.selectors.teams import rows_of_teams, teams_visible
from portal.problems import NotFound

FitsOf = Callable[[Sequence[Platform]], tuple[Fit, ...]]
MOST_TEAMS = 20  # that a star is offered for


@dataclass(frozen=True)
class Stars:
    """teams: those in which the actor may give stars. starred: a pick -> ids of the teams whose star it has."""

    teams: tuple[Team, ...]
    starred: dict[Pick, frozenset[int]]


@dataclass(frozen=True)
class Line:
    """A pick with what is known of it: found for a repository, template for one; neither when a template is gone."""

    pick: Pick
    note: str = ""
    item: int = 0
    found: Found | None = None
    template: Template | None = None
    fits: tuple[Fit, ...] = ()


@dataclass(frozen=True)
class Shelf:
    """A collection with what stands on it."""

    collection: Collection
    lines: tuple[Line, ...]


def stars_of(actor: Actor) -> Stars:
    """Every star that the actor can see."""
    rows = favourites_visible(actor).values_list("source", "path", "team_id")
    starred: dict[Pick, set[int]] = {}
    for source, path, team in rows:
        starred.setdefault(Pick(source, path), set()).add(team)
    teams = tuple(teams_visible(actor, Permission.DEPLOY)[:MOST_TEAMS])
    return Stars(teams, {pick: frozenset(ids) for pick, ids in starred.items()})


def favourites_visible(actor: Actor, team: Team | None = None) -> "QuerySet[Favourite]":
    """Stars of the actor's teams, or of one. Raises NotFound for another people's team."""
    return rows_of_teams(Favourite.objects.select_related("team"), actor, team)


def favourite_get(actor: Actor, favourite: int) -> Favourite:
    """One star. Raises NotFound for an absent one and for another people's alike."""
    row = favourites_visible(actor).filter(pk=favourite).first()
    if row is None:
        raise NotFound(_("There is no such favourite, or it belongs to a team you are not in."))
    return row


def collections_visible(actor: Actor, team: Team | None = None) -> "QuerySet[Collection]":
    """Shelves of the actor's teams, or of one, in order. Raises NotFound for another people's team."""
    return rows_of_teams(Collection.objects.select_related("team").prefetch_related("items"), actor, team)


def collection_get(actor: Actor, collection: UUID, team: Team | None = None) -> Collection:
    """One shelf. Raises NotFound for an absent one and for another people's alike."""
    row = collections_visible(actor, team).filter(pk=collection).first()
    if row is None:
        raise NotFound(_("There is no such collection, or it belongs to a team you are not in."))
    return row


def shelf_of(actor: Actor, collection: Collection, fits_of: FitsOf, *, most: int | None = None) -> Shelf:
    """A collection with its first `most` items."""
    return Shelf(collection, lines_of(actor, list(collection.items.all())[:most], fits_of))


def lines_of(actor: Actor, rows: Iterable[CollectionItem | Favourite], fits_of: FitsOf) -> tuple[Line, ...]:
    """Rows with what the local index and the catalogue know of them; no source is asked."""
    picks = [(Pick(row.source, row.path), row) for row in rows]
    known = index_named({(pick.source, pick.path) for pick, _row in picks if not pick.is_template})
    lines = []
    for pick, row in picks:
        line = Line(pick, getattr(row, "note", ""), row.pk)
        if pick.is_template:
            lines.append(_of_template(actor, line, fits_of))
            continue
        entry = known.get((pick.source, pick.path))
        found = found_of(entry) if entry else Found(pick.name)
        fits = fits_of(found.platforms)
        lines.append(replace(line, found=replace(found, fits=fits), fits=fits))
    return tuple(lines)


def _of_template(actor: Actor, line: Line, fits_of: FitsOf) -> Line:
    try:
        template = template_seen(actor, line.pick.path)
    except TemplateNotFound:
        return line
    return replace(line, template=template, fits=fits_of(template.platforms))
