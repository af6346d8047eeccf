"""Addresses of the webhook of an application."""

from django.urls import path

from hosts.views import hooks

HOOK = "applications/<uuid:application_id>/hook/"

urlpatterns = [
    path(HOOK, hooks.hook_page, name="application-hook"),
    path(f"{HOOK}calls/", hooks.hook_calls, name="application-hook-fragment"),
    path(f"{HOOK}act/", hooks.hook_act, name="application-hook-act"),
]
