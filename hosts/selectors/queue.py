"""Reading queues: what waits for hosts, in the order in which it will be sent."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from hosts.models import Command, Host
from hosts.models.commands import OPEN_STATES, WAITING_STATES, CommandState
from hosts.models.hosts import HostState
from portal.people.access import Actor, Permission


@dataclass(frozen=True)
class Waiting:
    """One waiting command. may_edit: the actor may change it, and it has not been sent; why: what it waits for.

    before, behind: ids of its neighbours in the same queue that it could change places with.
    """

    command: Command
    why: str
    may_edit: bool
    may_cancel: bool
    before: UUID | None = None
    behind: UUID | None = None


def queue_rows(*, actor: Actor, host: Host | None = None, team_id: int | None = None) -> "QuerySet[Command]":
    """What waits for a host, for the hosts of a team, or for every host the actor sees; host by host, in order.

    Sent commands that nobody has confirmed are among them: nobody knows whether they have arrived.
    """
    rows = Command.objects.filter(state__in=WAITING_STATES).select_related("host", "host__team", "created_by")
    teams = actor.team_ids()
    if teams is not None:
        rows = rows.filter(host__team_id__in=teams)
    if host is not None:
        rows = rows.filter(host=host)
    if team_id is not None:
        rows = rows.filter(host__team_id=team_id)
    return rows.defer("body").order_by("host__name", "host_id", "position", "created_at", "id")


def queue_count(*, host: Host) -> int:
    """How many commands wait for the host."""
    return Command.objects.filter(host=host, state__in=WAITING_STATES).count()


def queue_counts(*, actor: Actor) -> dict[UUID, int]:
    """By host: how many commands wait, for hosts where any does."""
    rows = Command.objects.filter(state__in=WAITING_STATES)
    teams = actor.team_ids()
    if teams is not None:
        rows = rows.filter(host__team_id__in=teams)
    return dict(rows.values_list("host_id").annotate(number=Count("pk")).order_by())


def waiting_of(*, actor: Actor, rows: list[Command]) -> list[Waiting]:
    """The rows of `queue_rows` with what a page shows of each."""
    ahead = _ahead(rows)
    waiting = []
    for index, command in enumerate(rows):
        team_id = command.host.team_id
        needed = Permission.DEPLOY if command.kind in {"deploy", "remove_project"} else Permission.OPERATE
        allowed = actor.can(needed, team_id)
        queued = command.state == CommandState.QUEUED
        near = [
            row.pk if row is not None and queued and row.state == CommandState.QUEUED else None
            for row in (_beside(rows, index, -1), _beside(rows, index, 1))
        ]
        waiting.append(
            Waiting(command, why_waiting(command, ahead.get(command.host_id)), allowed and queued, allowed, *near)
        )
    return waiting


def why_waiting(command: Command, running: Command | None = None) -> str:
    """What a waiting command waits for, a sentence. running: what its host carries out before it."""
    state = command.host.state
    if state == HostState.REVOKED:
        return f"{command.host.name} is revoked."
    if state != HostState.ONLINE:
        if command.state == CommandState.SENT:
            return f"It was sent; whether {command.host.name} has received it shows when the host is back."
        return f"{command.host.name} is {state.label.lower()}; it is carried out when the host is back."
    if command.state == CommandState.SENT:
        return "It was sent a moment ago."
    if running is not None and running.pk != command.pk:
        return f"It follows on “{running.summary}”, which is being carried out."
    return "It is its turn."


def _ahead(rows: list[Command]) -> dict[UUID, Command]:
    """By host: the command of its line that is being carried out."""
    ids = {row.host_id for row in rows}
    sent = [state for state in OPEN_STATES if state != CommandState.QUEUED]
    found = Command.objects.filter(host_id__in=ids, in_line=True, state__in=sent).defer("body")
    return {command.host_id: command for command in found}


def _beside(rows: list[Command], index: int, step: int) -> Command | None:
    other = index + step
    if not 0 <= other < len(rows) or rows[other].host_id != rows[index].host_id:
        return None
    return rows[other]
