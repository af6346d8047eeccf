"""Addresses of what is watched and done inside containers: logs, terminal, stats, files; and of a team's policy."""

from django.urls import path

from hosts.views import files, logs, policies, recordings, stats, terminal

CONTAINER = "hosts/<uuid:host_id>/containers/<str:cid>/"

urlpatterns = [
    path("team/<slug:slug>/policy/", policies.policy_page, name="team-policy"),
    path("team/<slug:slug>/recordings/", recordings.recording_table, name="team-recordings"),
    path("team/<slug:slug>/recordings/<uuid:recording_id>/", recordings.recording_file, name="team-recording"),
    path("team/<slug:slug>/recordings/<uuid:recording_id>/play/", recordings.recording_play, name="recording-play"),
    path("logs/", logs.logs_page, name="logs"),
    path(f"{CONTAINER}logs/", logs.container_logs_page, name="container-logs"),
    path(f"{CONTAINER}logs/file/", logs.container_log_file, name="container-log-file"),
    path(f"{CONTAINER}terminal/", terminal.terminal_page, name="container-terminal"),
    path(f"{CONTAINER}stats/", stats.container_stats, name="container-stats"),
    path(f"{CONTAINER}files/", files.container_files, name="container-files"),
    path(f"{CONTAINER}files/download/", files.container_file, name="container-file"),
    path(f"{CONTAINER}files/upload/", files.container_file_put, name="container-file-put"),
    path("hosts/<uuid:host_id>/volumes/<str:name>/files/", files.volume_files, name="volume-files"),
    path("hosts/<uuid:host_id>/stats/", stats.host_stats, name="stats"),
]
