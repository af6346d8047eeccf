"""Addresses of what is watched and done inside containers: logs, terminal, stats, files; and of a team's policy."""

from django.urls import path

from hosts.views import logs, policies

CONTAINER = "hosts/<uuid:host_id>/containers/<str:cid>/"

urlpatterns = [
    path("team/<slug:slug>/policy/", policies.policy_page, name="team-policy"),
    path("logs/", logs.logs_page, name="logs"),
    path(f"{CONTAINER}logs/", logs.container_logs_page, name="container-logs"),
    path(f"{CONTAINER}logs/file/", logs.container_log_file, name="container-log-file"),
]
