"""Every address of the site."""

from django.urls import URLPattern, URLResolver, include, path

from portal.api.root import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("", include("portal.up.urls")),
    path("", include("portal.front.urls")),
    path("", include("portal.people.urls")),
    path("", include("gallery.urls")),
    path("", include("hosts.urls")),
]

handler400 = "portal.front.errors.bad_request"
handler403 = "portal.front.errors.permission_denied"
handler404 = "portal.front.errors.page_not_found"
handler500 = "portal.front.errors.server_error"
