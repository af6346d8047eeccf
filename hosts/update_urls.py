"""Addresses of the page of updates."""

from django.urls import path

from hosts.views import updates

urlpatterns = [
    path("updates/", updates.updates_page, name="updates"),
    path("updates/rows/", updates.updates_fragment, name="updates-fragment"),
    path("updates/ask/", updates.updates_ask, name="updates-ask"),
]
