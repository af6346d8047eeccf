"""Addresses of what is watched and done inside containers: logs, terminal, stats, files; and of a team's policy."""

from django.urls import path

from hosts.views import policies

urlpatterns = [
    path("team/<slug:slug>/policy/", policies.policy_page, name="team-policy"),
]
