"""The template library `gallery`."""

from collections.abc import Sequence

from django import template

from gallery.fits import Fit

register = template.Library()


@register.filter
def fitting_count(fits: Sequence[Fit]) -> int:
    """How many of these hosts can run it."""
    return sum(1 for fit in fits if fit.ok)
