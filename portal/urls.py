"""Every address of the site."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from portal.api.root import api

# The order matters only for `front`, which answers "/".
ROOMS = ("portal.up.urls", "portal.front.urls", "portal.people.urls", "gallery.urls", "hosts.urls")

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    *(path("", include(room)) for room in ROOMS if find_spec(room) is not None),
]

handler400 = "portal.front.errors.bad_request"
handler403 = "portal.front.errors.permission_denied"
handler404 = "portal.front.errors.page_not_found"
handler500 = "portal.front.errors.server_error"
