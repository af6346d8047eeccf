"""Addresses of the page of updates."""

from django.urls import path

from hosts.views import image_updates, updates

CURRENT = "applications/<uuid:application_id>/updates/"

urlpatterns = [
    path("updates/", updates.updates_page, name="updates"),
    path("updates/rows/", updates.updates_fragment, name="updates-fragment"),
    path("updates/ask/", updates.updates_ask, name="updates-ask"),
    path(CURRENT, image_updates.application_current, name="application-updates"),
    path(f"{CURRENT}content/", image_updates.application_current_content, name="application-updates-fragment"),
    path(f"{CURRENT}act/", image_updates.application_current_act, name="application-updates-act"),
]
