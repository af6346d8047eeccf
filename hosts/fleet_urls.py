"""Addresses of what hosts are asked and how they stand: queues, waiting room, keys, housekeeping."""

from django.urls import path

from hosts.views import housekeeping, queue, standing

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
    path(f"{HOST}housekeeping/", housekeeping.housekeeping_page, name="housekeeping"),
    path(f"{HOST}housekeeping/done/", housekeeping.housekeeping_done, name="housekeeping-fragment"),
    path(f"{HOST}housekeeping/start/", housekeeping.housekeeping_start, name="housekeeping-start"),
    path(f"{HOST}housekeeping/save/", housekeeping.housekeeping_save, name="housekeeping-save"),
    path("hosts/enrolments/", standing.enrolment_table, name="enrolments"),
    path("hosts/enrolments/rows/", standing.enrolment_rows, name="enrolments-fragment"),
    path("hosts/admission/<slug:slug>/", standing.admission_change, name="admission"),
    path(f"{HOST}approve/", standing.host_let_in, name="approve"),
    path(f"{HOST}refuse/", standing.host_turn_away, name="refuse"),
    path(f"{HOST}conflict/", standing.host_conflict_done, name="conflict-dismiss"),
    path(f"{HOST}rotate-key/", standing.host_new_key, name="rotate-key"),
    path(f"{COMMAND}move/", queue.command_place, name="command-move"),
]
