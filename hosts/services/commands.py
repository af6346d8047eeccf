"""Commands: stored before they are sent, moved by conditional updates only.

A late answer, a second worker and a person who cancels all race for the same row; whoever's update matches wins, and
the others find nothing to change.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from engine_agent.protocol import encode
from engine_agent.protocol.bodies import CommandBody
from engine_agent.protocol.messages import CommandCancel, CommandSend
from hosts import dispatch, live
from hosts.models import Command, Host
from hosts.models.commands import OPEN_STATES, CommandState
from hosts.services import ends
from portal.people.access import Actor, Permission
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict

COMMAND_TTL = timedelta(hours=24)
ACTION_TTL = timedelta(minutes=2)


def command_create(
    *,
    host: Host,
    body: CommandBody,
    summary: str,
    actor: Actor,
    ttl: timedelta = COMMAND_TTL,
    project: str = "",
) -> Command:
    """Store a command for `host` and wake its connection when the transaction has committed.

    The caller has checked the permission and writes the audit.
    """
    command = Command.objects.create(
        host=host,
        kind=str(type(body).__struct_config__.tag),
        summary=summary[:200],
        project=project,
        body=encode(body),
        created_by=actor.user,
        expires_at=timezone.now() + ttl,
    )
    dispatch.dispatch(command)
    return command


def command_cancel(*, command: Command, actor: Actor) -> Command:
    """Cancel it: at once while it is queued, else by asking the agent. Raises Conflict when it has ended."""
    team = command.host.team
    needed = Permission.DEPLOY if command.kind in {"deploy", "remove_project"} else Permission.OPERATE
    permission_require(actor=actor, permission=needed, team=team, action="command.cancel", target=command)
    with transaction.atomic():
        command_stop(command=command)
        audit_record(actor=actor, action="command.cancel", team=team, target=command)
    command.refresh_from_db()
    return command


def command_stop(*, command: Command) -> None:
    """The cancelling itself, within the caller's transaction. Raises Conflict when it has ended."""
    now = timezone.now()
    rows = Command.objects.filter(pk=command.pk)
    if rows.filter(state=CommandState.QUEUED).update(state=CommandState.CANCELLED, finished_at=now):
        live.publish(ends.command_ended(command=command, outcome="cancelled", error="", log_tail="", now=now))
        return
    if not rows.filter(state__in=OPEN_STATES).update(cancel_requested_at=now):
        command.refresh_from_db()
        raise Conflict(f"It has ended already: {command.get_state_display().lower()}.", code="command-ended")
    dispatch.dispatch(command)
    live.publish([f"command:{command.pk}", f"host:{command.host_id}"])


def commands_expire() -> int:
    """End every command past its expiry that was never sent; how many.

    One that was sent stays open until its host answers: the agent may have carried it out, and nobody else knows.
    """
    now = timezone.now()
    ended = 0
    due = Command.objects.filter(state=CommandState.QUEUED, expires_at__lte=now).select_related("host")
    for command in due[:500]:
        with transaction.atomic():
            error = f"{command.host.name} was not connected before the command expired; nothing was done there."
            rows = Command.objects.filter(pk=command.pk, state=CommandState.QUEUED)
            if rows.update(state=CommandState.EXPIRED, finished_at=now, error=error):
                live.publish(ends.command_ended(command=command, outcome="expired", error=error, log_tail="", now=now))
                ended += 1
    return ended


def commands_abandon(*, host: Host, error: str) -> list[str]:
    """End every open command of a host that never comes back, within the caller's transaction. Answers with topics."""
    now = timezone.now()
    topics: list[str] = []
    for command in Command.objects.filter(host=host, state__in=OPEN_STATES).select_related("host"):
        rows = Command.objects.filter(pk=command.pk, state__in=OPEN_STATES)
        if rows.update(state=CommandState.FAILED, finished_at=now, error=error):
            topics += ends.command_ended(command=command, outcome="failed", error=error, log_tail="", now=now)
    return topics


def commands_waiting(*, host_ids: Sequence[UUID], older_than: timedelta) -> set[UUID]:
    """Which of these hosts have something queued for longer than that: their wake was lost."""
    rows = Command.objects.filter(state=CommandState.QUEUED, created_at__lt=timezone.now() - older_than)
    wanted = set(host_ids)
    return {host_id for host_id in rows.values_list("host_id", flat=True)[:5000] if host_id in wanted}


def commands_due(*, host_id: UUID, everything: bool) -> list[CommandSend | CommandCancel]:
    """What to send to a host now, in order, marked as sent: what is queued, and every cancellation asked for.

    everything: on a new connection all that has been sent and not ended as well, since delivery is at least once.
    """
    commands_expire_of(host_id=host_id)
    now = timezone.now()
    mine = Command.objects.filter(host_id=host_id)
    queued = list(mine.filter(state=CommandState.QUEUED).values_list("pk", flat=True))
    if queued:  # claimed first and read afterwards: what was cancelled in between is no longer there to be sent
        mine.filter(pk__in=queued, state=CommandState.QUEUED).update(state=CommandState.SENT, sent_at=now)
    due = mine.filter(state__in=OPEN_STATES) if everything else mine.filter(pk__in=queued, state=CommandState.SENT)
    rows = due.order_by("created_at", "id") if everything or queued else Command.objects.none()
    cancels = mine.filter(state__in=OPEN_STATES, cancel_requested_at__isnull=False)
    messages: list[CommandSend | CommandCancel] = [
        CommandSend(id=str(row.pk), body=body_of(row), ttl=max(0.0, (row.expires_at - now).total_seconds()))
        for row in rows
    ]
    return messages + [CommandCancel(id=str(pk)) for pk in cancels.values_list("pk", flat=True)]


def commands_expire_of(*, host_id: UUID) -> None:
    """The same as commands_expire when this host has something expired in its queue."""
    if Command.objects.filter(host_id=host_id, state=CommandState.QUEUED, expires_at__lte=timezone.now()).exists():
        commands_expire()


def topics_of(commands: Sequence[Command]) -> list[str]:
    """What to publish when these commands changed."""
    topics: list[str] = []
    for command in commands:
        topics += [f"command:{command.pk}", f"host:{command.host_id}"]
    return topics


_body: "msgspec.msgpack.Decoder[Any]" = msgspec.msgpack.Decoder(CommandBody)


def body_of(command: Command) -> CommandBody:
    """The message body stored in a command."""
    body: CommandBody = _body.decode(bytes(command.body))
    return body
