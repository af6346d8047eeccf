"""Addresses of a team's webhooks."""

from django.urls import path

from hosts.views import webhooks

WEBHOOKS = "team/<slug:slug>/webhooks/"

urlpatterns = [
    path(WEBHOOKS, webhooks.webhook_table, name="webhooks"),
    path(f"{WEBHOOKS}<uuid:webhook_id>/", webhooks.webhook_detail, name="webhook"),
    path(f"{WEBHOOKS}<uuid:webhook_id>/act/", webhooks.webhook_act, name="webhook-act"),
]
