"""Reading containers: the mirror, and questions to the host."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from hosts.models import Container, Host
from portal.people.access import Actor


@dataclass(frozen=True)
class LogText:
    """Lines of a container. truncated: older lines were cut."""

    text: str
    truncated: bool = False


def container_list(
    *, actor: Actor, host: Host | None = None, query: str = "", state: str = "", health: str = "", project: str = ""
) -> "QuerySet[Container]":
    """Containers the actor may see (host selected along), by name. query: part of name, image or id."""
    raise NotImplementedError


def container_get(*, actor: Actor, host_id: UUID | str, cid: str) -> Container:
    """By full id, a unique id prefix of at least 4 characters, or name. Raises NotFound."""
    raise NotImplementedError


def container_logs(
    *, actor: Actor, container: Container, tail: int = 200, since: float = 0, timestamps: bool = False
) -> LogText:
    """Asks the host. Raises HostAway, Unavailable (timeout), NotFound."""
    raise NotImplementedError


def container_inspect(*, actor: Actor, container: Container) -> dict[str, Any]:
    """The Engine API's inspect object, asked of the host; environment values are masked. Raises HostAway."""
    raise NotImplementedError
