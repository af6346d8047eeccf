"""The template library `gallery`."""

from collections.abc import Sequence
from typing import Any

from django import template

from gallery.fits import Fit
from gallery.picks import TEMPLATES, Pick, pick_of_name
from gallery.repositories import RepositoryName
from gallery.selectors.favourites import collections_visible
from gallery.solutions.loader import solution_list
from gallery.solutions.types import Solution
from gallery.stars import star_context
from portal.people.access import Permission
from portal.people.requests import actor_of

register = template.Library()


@register.filter
def fitting_count(fits: Sequence[Fit]) -> int:
    """How many of these hosts can run it."""
    return sum(1 for fit in fits if fit.ok)


@register.inclusion_tag("gallery/_solutions.html")
def gallery_solutions() -> dict[str, Sequence[Solution]]:
    """Every solution, as cards."""
    return {"solutions": solution_list()}


@register.inclusion_tag("gallery/_star.html", takes_context=True)
def star(context: template.Context, name: RepositoryName, word: bool = False) -> dict[str, Any]:
    """The star of a repository."""
    return star_context(context["request"], pick_of_name(name), word=word)


@register.inclusion_tag("gallery/_star.html", takes_context=True)
def template_star(context: template.Context, slug: str, word: bool = False) -> dict[str, Any]:
    """The star of a template."""
    return star_context(context["request"], Pick(TEMPLATES, slug), word=word)


@register.inclusion_tag("gallery/_shelve.html", takes_context=True)
def shelve(context: template.Context, item: object) -> dict[str, Any]:
    """A menu that puts a repository or a template into a collection. item: a RepositoryName, or a template's slug."""
    pick = pick_of_name(item) if isinstance(item, RepositoryName) else Pick(TEMPLATES, str(item))
    actor = actor_of(context["request"])
    teams = actor.team_ids(Permission.DEPLOY)
    rows = collections_visible(actor)
    return {"item": str(pick), "collections": rows if teams is None else rows.filter(team_id__in=teams)}
