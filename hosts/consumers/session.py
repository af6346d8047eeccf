"""Whether the person behind a websocket is still signed in, and who they are now."""

from collections.abc import Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user

from portal.people.access import Actor, actor_for_user
from portal.people.models import User
from portal.problems import SignInNeeded


def session_actor(scope: Mapping[str, Any]) -> Actor:
    """The actor of the session in the handshake's cookies, read anew. Raises SignInNeeded. Reads the database."""
    key = dict(scope.get("cookies", {})).get(settings.SESSION_COOKIE_NAME)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    user = get_user(SimpleNamespace(session=store(key or None)))  # type: ignore[arg-type]  # it reads the session alone
    if not isinstance(user, User) or not user.is_active:
        raise SignInNeeded("You are no longer signed in.")
    return actor_for_user(user, address=(scope.get("client") or [None])[0])
