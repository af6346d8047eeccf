"""Every address of the site."""

import logging
from collections.abc import Iterator
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from portal.api.root import api

ROOMS = ("portal.up.urls", "portal.front.urls", "portal.people.urls", "gallery.urls", "hosts.urls")


def rooms() -> Iterator[URLResolver]:
    """The addresses of each room that is there."""
    for room in ROOMS:
        if find_spec(room) is None:
            continue
        try:
            yield path("", include(room))
        except ImportError:
            logging.getLogger(__name__).exception("The pages of %s cannot be loaded", room)


urlpatterns: list[URLPattern | URLResolver] = [path("api/v1/", api.urls), *rooms()]

handler400 = "portal.front.errors.bad_request"
handler403 = "portal.front.errors.permission_denied"
handler404 = "portal.front.errors.page_not_found"
handler500 = "portal.front.errors.server_error"
