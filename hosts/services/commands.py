"""Commands: stored before they are sent, moved by conditional updates only.

A late answer, a second worker and a person who cancels all race for the same row; whoever's update matches wins, and
the others find nothing to change.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from engine_agent.protocol import encode
from engine_agent.protocol.bodies import CommandBody
from engine_agent.protocol.messages import CommandCancel, CommandSend
from hosts import dispatch, live
from hosts.models import Command, Host
from hosts.models.commands import OPEN_STATES, SWARM_KINDS, CommandState
from hosts.models.hosts import HostState
from hosts.services import ends
from hosts.services.cluster_tokens import with_join_token
from hosts.services.pull_access import with_pull_access
from hosts.services.secrets import with_secrets
from portal.people.access import Actor, Permission
from portal.people.secrets import SecretUnreadable
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict

DEPLOYING = {"deploy", "prepare", "conclude", "remove_project", "stack_deploy", "stack_remove"}
SENT_STATES = (CommandState.SENT, CommandState.ACCEPTED, CommandState.RUNNING)
COMMAND_TTL = timedelta(hours=24)
# Kinds that not every agent knows: the feature it must have.
NEEDS = {"prune": "upkeep", "rotate_key": "upkeep", "image_push": "publish"}
MAX_WAITING = 500  # in the queue of one host


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

    A host that is away gets it when it is back, in line: each after the end of the one before. The caller has checked
    the permission and writes the audit. Raises Conflict (host-revoked, host-waiting, queue-full).
    """
    if host.revoked_at is not None:
        raise Conflict(f"{host.name} has been revoked. Enrol the machine again to use it.", code="host-revoked")
    if host.waiting_since is not None:
        raise Conflict(f"{host.name} waits for an admin of the team to approve it.", code="host-waiting")
    command = Command.objects.create(
        host=host,
        kind=str(type(body).__struct_config__.tag),
        summary=summary[:200],
        project=project,
        body=encode(body),
        created_by=actor.user,
        expires_at=timezone.now() + ttl,
        in_line=_in_line(host),
    )
    dispatch.dispatch(command)
    if command.in_line:
        live.publish(["queue"])
    return command


def _in_line(host: Host) -> bool:
    """Whether a new command has to wait its turn. Raises Conflict when too many wait."""
    line = Command.objects.filter(host=host, in_line=True)
    if host.state == HostState.ONLINE:
        return line.filter(state__in=OPEN_STATES).exists()
    if line.filter(state=CommandState.QUEUED).count() >= MAX_WAITING:
        raise Conflict(
            f"{MAX_WAITING} commands wait for {host.name} already. Cancel some of them first.", code="queue-full"
        )
    return True


def command_permission(command: Command) -> Permission:
    """What one needs to cancel or change it."""
    if command.kind in DEPLOYING:
        return Permission.DEPLOY
    return Permission.MANAGE_HOSTS if command.kind in SWARM_KINDS else Permission.OPERATE


def command_cancel(*, command: Command, actor: Actor) -> Command:
    """Cancel it: at once while it is queued, else by asking the agent. Raises Conflict when it has ended."""
    team = command.host.team
    needed = command_permission(command)
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
    live.publish(topics_of([command]))


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


def commands_due(
    *, host_id: UUID, everything: bool, features: Sequence[str] | None = None
) -> list[CommandSend | CommandCancel]:
    """What to send to a host now, in order, marked as sent: what is queued, and every cancellation asked for.

    everything: on a new connection all that has been sent and not ended as well, since delivery is at least once.
    features: what its agent can do; what it cannot fails here, since an unknown message would end its connection.
    """
    now = timezone.now()
    mine = Command.objects.filter(host_id=host_id)
    waiting = _open_of(mine)
    if any(one.state == CommandState.QUEUED and one.expires_at <= now for one in waiting):
        commands_expire()
        waiting = _open_of(mine)
    queued = _turn_of(waiting)
    if queued:  # claimed first and read afterwards: what was cancelled in between is no longer there to be sent
        mine.filter(pk__in=queued, state=CommandState.QUEUED).update(state=CommandState.SENT, sent_at=now)
    due = mine.filter(state__in=SENT_STATES) if everything else mine.filter(pk__in=queued, state=CommandState.SENT)
    due = due.select_related("host")
    rows = due.order_by("position", "created_at", "id") if everything or queued else Command.objects.none()
    messages: list[CommandSend | CommandCancel] = []
    for row in rows:
        try:
            body = body_of(row)
        except msgspec.MsgspecError:  # stored by another version: it must not stop the others
            _unreadable(row, now)
            continue
        if features is not None and NEEDS.get(row.kind, "") not in ("", *features):
            _unreadable(row, now, "The agent of the host is too old for this. Update it, then ask again.")
            continue
        body = with_pull_access(body, team=row.host.team_id)
        try:
            body = with_secrets(body, project=row.project, team=row.host.team_id)
            body = with_join_token(body, host_id=row.host_id)
        except SecretUnreadable as error:
            _unreadable(row, now, error.detail)
            continue
        messages.append(CommandSend(id=str(row.pk), body=body, ttl=max(0.0, (row.expires_at - now).total_seconds())))
    return messages + [CommandCancel(id=str(one.pk)) for one in waiting if one.cancel_requested_at is not None]


OTHER_VERSION = "This portal cannot read the command; another version has stored it. Ask for it again."


def _unreadable(command: Command, now: datetime, error: str = OTHER_VERSION) -> None:
    with transaction.atomic():
        rows = Command.objects.filter(pk=command.pk, state__in=OPEN_STATES)
        if rows.update(state=CommandState.FAILED, finished_at=now, error=error):
            live.publish(ends.command_ended(command=command, outcome="failed", error=error, log_tail="", now=now))


class _Open(NamedTuple):
    """What decides whose turn it is."""

    pk: UUID
    state: str
    in_line: bool
    expires_at: datetime
    cancel_requested_at: datetime | None


def _open_of(mine: "QuerySet[Command]") -> list[_Open]:
    """The commands of a host that have not ended, in their order: one question, since a deploy waits for the answer."""
    rows = mine.filter(state__in=OPEN_STATES).order_by("position", "created_at", "id")
    return [_Open(*row) for row in rows.values_list(*_Open._fields)]


def _turn_of(waiting: Sequence[_Open]) -> list[UUID]:
    """The queued commands whose turn it is: all in no line, and the first of the line when none of it is on its way."""
    found = [one for one in waiting if one.state == CommandState.QUEUED]
    line = [one.pk for one in found if one.in_line]
    if any(one.in_line and one.state in SENT_STATES for one in waiting):
        line = []
    return [one.pk for one in found if not one.in_line] + line[:1]


def topics_of(commands: Sequence[Command]) -> list[str]:
    """What to publish when these commands changed."""
    return [topic for command in commands for topic in ends.command_topics(command)]


_body: "msgspec.msgpack.Decoder[Any]" = msgspec.msgpack.Decoder(CommandBody)


def body_of(command: Command) -> CommandBody:
    """The message body stored in a command."""
    body: CommandBody = _body.decode(bytes(command.body))
    return body
