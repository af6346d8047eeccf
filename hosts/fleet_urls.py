"""Addresses of what hosts are asked and how they stand: queues, waiting room, keys, housekeeping."""

from django.urls import path

from hosts.views import queue

HOST = "hosts/<uuid:host_id>/"
COMMAND = "commands/<uuid:command_id>/"

urlpatterns = [
    path("hosts/queue/", queue.team_queue, name="queues"),
    path("hosts/queue/rows/", queue.team_queue_rows, name="queues-fragment"),
    path(f"{HOST}queue/", queue.host_queue, name="queue"),
    path(f"{HOST}queue/rows/", queue.host_queue_rows, name="queue-fragment"),
    path(f"{HOST}queue/cancel/", queue.host_queue_empty, name="queue-cancel"),
    path(f"{COMMAND}cancel/", queue.command_stop, name="command-cancel"),
    path(f"{COMMAND}expiry/", queue.command_expiry, name="command-expiry"),
    path(f"{COMMAND}move/", queue.command_place, name="command-move"),
]
