"""The template library `gallery`."""

from collections.abc import Sequence

from django import template

from gallery.fits import Fit
from gallery.solutions.loader import solution_list
from gallery.solutions.types import Solution

register = template.Library()


@register.filter
def fitting_count(fits: Sequence[Fit]) -> int:
    """How many of these hosts can run it."""
    return sum(1 for fit in fits if fit.ok)


@register.inclusion_tag("gallery/_solutions.html")
def gallery_solutions() -> dict[str, Sequence[Solution]]:
    """Every solution, as cards."""
    return {"solutions": solution_list()}
