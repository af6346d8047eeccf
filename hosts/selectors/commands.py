"""Reading commands."""

from uuid import UUID

from django.db.models import QuerySet

from hosts.models import Command, Host
from hosts.models.commands import OPEN_STATES, CommandState
from portal.people.access import Actor
from portal.problems import Invalid, NotFound


def command_list(
    *, actor: Actor, host: Host | None = None, open_only: bool = False, state: str = ""
) -> "QuerySet[Command]":
    """Newest first. state: one of CommandState, or several with commas between. Raises Invalid for another word."""
    rows = Command.objects.select_related("host", "created_by").defer("body")
    teams = actor.team_ids()
    if teams is not None:
        rows = rows.filter(host__team_id__in=teams)
    if host is not None:
        rows = rows.filter(host=host)
    if open_only:
        rows = rows.filter(state__in=OPEN_STATES)
    if state:
        rows = rows.filter(state__in=_states(state))
    return rows.order_by("-created_at", "-id")


def _states(text: str) -> list[str]:
    states = [word.strip() for word in text.split(",")]
    if wrong := [word for word in states if word not in CommandState.values]:
        message = f"There is no state “{wrong[0][:20]}”. Choose of: {', '.join(CommandState.values)}."
        raise Invalid(message, fields={"state": [message]})
    return states


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
