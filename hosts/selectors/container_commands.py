"""Which command is under way for which container, and which has just failed."""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
from django.db.models import Q

from engine_agent.protocol.bodies import ContainerAction
from hosts.models import Command, Host
from hosts.models.commands import OPEN_STATES, CommandState

KIND = "container_action"
SHOWN_AFTER_FAILURE = timedelta(minutes=5)


def container_commands(*, host: Host, cids: Collection[str], now: datetime) -> dict[str, Command]:
    """By container id: its newest command, if that is open or failed within the last five minutes."""
    failed = Q(state__in=[CommandState.FAILED, CommandState.EXPIRED], finished_at__gt=now - SHOWN_AFTER_FAILURE)
    recent = Q(created_at__gt=now - SHOWN_AFTER_FAILURE)
    rows = Command.objects.filter(Q(state__in=OPEN_STATES) | failed | recent, host=host, kind=KIND)
    newest: dict[str, Command] = {}
    for command in rows.order_by("created_at"):
        cid = action_of(command).cid
        if cid in cids:
            newest[cid] = command
    return {
        cid: command
        for cid, command in newest.items()
        if command.state in OPEN_STATES or command.state in {CommandState.FAILED, CommandState.EXPIRED}
    }


def action_of(command: Command) -> ContainerAction:
    """The action that a command of kind `container_action` asks for."""
    return msgspec.msgpack.decode(bytes(command.body), type=ContainerAction)
