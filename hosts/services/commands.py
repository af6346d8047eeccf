"""Commands: stored before they are sent, moved by conditional updates only."""

from datetime import timedelta

from engine_agent.protocol.bodies import CommandBody
from hosts.models import Command, Host
from portal.people.access import Actor

COMMAND_TTL = timedelta(hours=24)
ACTION_TTL = timedelta(minutes=2)


def command_create(
    *, host: Host, body: CommandBody, summary: str, actor: Actor, ttl: timedelta = COMMAND_TTL
) -> Command:
    """Store a command for `host` and wake its connection when the transaction has committed.

    The caller has checked the permission and writes the audit.
    """
    raise NotImplementedError


def command_cancel(*, command: Command, actor: Actor) -> Command:
    """Cancel it: at once while it is queued, else by asking the agent. Raises Conflict when it has ended."""
    raise NotImplementedError


def commands_expire() -> int:
    """End every command past its expiry that no agent has accepted; how many."""
    raise NotImplementedError
