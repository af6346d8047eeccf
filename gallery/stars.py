"""The star of one repository or template, as this request shows it."""

from typing import Any

from django.http import HttpRequest

from portal.people.requests import actor_of

from .picks import Pick
from .selectors.favourites import Stars, stars_of


def star_context(request: HttpRequest, pick: Pick, *, back: str = "", word: bool = False) -> dict[str, Any]:
    """For gallery/_star.html. Stars are read once for a request. word: with its word beside the icon."""
    stars = _stars(request)
    starred = stars.starred.get(pick, frozenset())
    return {
        "request": request,
        "item": str(pick),
        "choices": [(team, team.pk in starred) for team in stars.teams],
        "starred": bool(starred),
        "back": back or request.get_full_path(),
        "word": word,
    }


def _stars(request: HttpRequest) -> Stars:
    known = getattr(request, "_pierhead_stars", None)
    if not isinstance(known, Stars):
        known = stars_of(actor_of(request))
        request._pierhead_stars = known  # type: ignore[attr-defined]
    return known
