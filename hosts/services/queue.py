"""The queue of a host: what waits for it, edited by people until it has been sent.

Only what has not been sent can be changed; of the rest nobody but the agent knows what has happened.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from hosts import live
from hosts.models import Command, Host
from hosts.models.commands import CommandState
from hosts.services.commands import command_permission, command_stop, topics_of
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid

MIN_EXPIRY, MAX_EXPIRY = timedelta(seconds=10), timedelta(days=30)


def command_expiry_set(*, command: Command, expires_at: datetime, actor: Actor) -> Command:
    """Let a waiting command expire at another time, 10 seconds to 30 days from now.

    Raises Invalid, Conflict (command-sent) once it has been sent.
    """
    _require(command, actor, "command.expiry")
    ahead = expires_at - timezone.now()
    if not MIN_EXPIRY <= ahead <= MAX_EXPIRY:
        message = "Choose a time from 10 seconds to 30 days from now."
        raise Invalid(message, fields={"expires_at": [message]})
    with transaction.atomic():
        rows = Command.objects.filter(pk=command.pk, state=CommandState.QUEUED)
        if not rows.update(expires_at=expires_at):
            raise _sent(command)
        detail = {"before": command.expires_at.isoformat(), "after": expires_at.isoformat()}
        team = command.host.team
        audit_record(actor=actor, action="command.expiry", team=team, target=command, detail=detail)
        live.publish(topics_of([command]))
    command.refresh_from_db()
    return command


def command_move(*, command: Command, other: Command, behind: bool, actor: Actor) -> Command:
    """Put a waiting command right before another one of the same host, or right behind it.

    Raises Invalid when they belong to different hosts or are the same, Conflict (command-sent) when one has been sent.
    """
    _require(command, actor, "command.move")
    if other.host_id != command.host_id or other.pk == command.pk:
        message = "Choose another command in the queue of the same host."
        raise Invalid(message, fields={"behind" if behind else "before": [message]})
    with transaction.atomic():
        Host.objects.select_for_update().get(pk=command.host_id)  # two who sort the same queue take turns
        queued = Command.objects.filter(host_id=command.host_id, state=CommandState.QUEUED)
        line = list(queued.only("id", "position", "in_line").order_by("position", "created_at", "id"))
        by_id = {row.pk: row for row in line}
        for one in (command, other):
            if one.pk not in by_id:
                raise _sent(one)
        places = _rising([row.position for row in line])
        line.remove(by_id[command.pk])
        line.insert(line.index(by_id[other.pk]) + (1 if behind else 0), by_id[command.pk])
        for row, place in zip(line, places, strict=True):
            row.position, row.in_line = place, True
        Command.objects.bulk_update(line, ["position", "in_line"], batch_size=200)
        detail = {"behind" if behind else "before": str(other.pk), "other": other.summary}
        audit_record(actor=actor, action="command.move", team=command.host.team, target=command, detail=detail)
        live.publish(["queue", *topics_of([command])])
    command.refresh_from_db()
    return command


def queue_cancel(*, host: Host, actor: Actor) -> int:
    """Cancel everything that waits for a host and has not been sent; how many."""
    for permission in (Permission.OPERATE, Permission.DEPLOY):
        permission_require(actor=actor, permission=permission, team=host.team, action="queue.cancel", target=host)
    cancelled = 0
    with transaction.atomic():
        waiting = Command.objects.filter(host=host, state=CommandState.QUEUED).select_related("host")
        for command in list(waiting):
            try:
                command_stop(command=command)
            except Conflict:  # it ended this moment
                continue
            cancelled += 1
        audit_record(actor=actor, action="queue.cancel", team=host.team, target=host, detail={"commands": cancelled})
    return cancelled


def _rising(positions: Sequence[int]) -> list[int]:
    """The same places, each higher than the one before: rows from before there was an order share one."""
    places: list[int] = []
    for position in positions:
        places.append(position if not places or position > places[-1] else places[-1] + 1)
    return places


def _require(command: Command, actor: Actor, action: str) -> None:
    team = command.host.team
    permission_require(actor=actor, permission=command_permission(command), team=team, action=action, target=command)


def _sent(command: Command) -> Conflict:
    return Conflict(
        f"“{command.summary}” is not waiting any more: it has been sent or has ended. Only its host can stop it now.",
        code="command-sent",
    )
