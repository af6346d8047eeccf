"""Reading commands."""

from uuid import UUID

from django.db.models import QuerySet

from hosts.models import Command, Host
from portal.people.access import Actor


def command_list(*, actor: Actor, host: Host | None = None, open_only: bool = False) -> "QuerySet[Command]":
    """Newest first."""
    raise NotImplementedError


def command_get(*, actor: Actor, command_id: UUID | str) -> Command:
    """Raises NotFound."""
    raise NotImplementedError
