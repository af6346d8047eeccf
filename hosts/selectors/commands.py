"""Reading commands."""

from uuid import UUID

from django.db.models import QuerySet

from hosts.models import Command, Host
from hosts.models.commands import OPEN_STATES
from portal.people.access import Actor
from portal.problems import NotFound


def command_list(*, actor: Actor, host: Host | None = None, open_only: bool = False) -> "QuerySet[Command]":
    """Newest first."""
    rows = Command.objects.select_related("host", "created_by").defer("body")
    teams = actor.team_ids()
    if teams is not None:
        rows = rows.filter(host__team_id__in=teams)
    if host is not None:
        rows = rows.filter(host=host)
    if open_only:
        rows = rows.filter(state__in=OPEN_STATES)
    return rows.order_by("-created_at", "-id")


def command_get(*, actor: Actor, command_id: UUID | str) -> Command:
    """Raises NotFound."""
    try:
        row = Command.objects.select_related("host", "host__team", "created_by").get(pk=UUID(str(command_id)))
    except (Command.DoesNotExist, ValueError):
        row = None
    teams = actor.team_ids()
    if row is None or (teams is not None and row.host.team_id not in teams):
        raise NotFound("There is no such command, or it belongs to a team you are not in.")
    return row
