"""From a request to an actor."""

from django.http import HttpRequest

from portal.problems import SignInNeeded

from .access import Actor, actor_for_user
from .models import User


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a page or API request. Raises SignInNeeded.

    The API's bearer authentication leaves an Actor in `request.auth`; pages have a signed-in user.
    """
    known = getattr(request, "auth", None) or getattr(request, "_pierhead_actor", None)
    if isinstance(known, Actor):
        return known
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        raise SignInNeeded("Open the sign-in page, or send a token as `Authorization: Bearer TOKEN`.")
    actor = actor_for_user(user, address=peer_address(request))
    request._pierhead_actor = actor  # type: ignore[attr-defined]
    return actor


def peer_address(request: HttpRequest) -> str | None:
    """The address of the peer, for the audit."""
    return request.META.get("REMOTE_ADDR") or None
