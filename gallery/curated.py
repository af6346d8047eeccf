"""What the gallery's first page shows of the teams' own galleries."""

from dataclasses import dataclass

from portal.people.access import Actor
from portal.people.models import Team

from .models import Favourite
from .selectors.favourites import FitsOf, Line, collections_visible, favourites_visible, lines_of, shelf_of

MOST_TEAMS = 3
MOST_LINES = 6


@dataclass(frozen=True)
class Window:
    """A team's first shelf, or its favourites where it has none. title: of the shelf, "" for favourites."""

    team: Team
    title: str
    lines: tuple[Line, ...]


def windows_of(actor: Actor, fits_of: FitsOf) -> tuple[Window, ...]:
    """One for each of the first teams that have picked anything."""
    found: dict[int, Window] = {}
    for collection in collections_visible(actor).order_by("place", "created_at")[:50]:
        if collection.team_id not in found and len(found) < MOST_TEAMS and collection.items.all():
            shelf = shelf_of(actor, collection, fits_of, most=MOST_LINES)
            found[collection.team_id] = Window(collection.team, collection.name, shelf.lines)
    rows: dict[int, list[Favourite]] = {}
    for favourite in favourites_visible(actor).exclude(team_id__in=found)[:100]:
        rows.setdefault(favourite.team_id, []).append(favourite)
    for starred in list(rows.values())[: MOST_TEAMS - len(found)]:
        window = Window(starred[0].team, "", lines_of(actor, starred[:MOST_LINES], fits_of))
        found[window.team.pk] = window
    return tuple(found.values())
