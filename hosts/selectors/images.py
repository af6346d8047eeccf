"""Reading images, networks and volumes of hosts: the mirror."""

from uuid import UUID

from django.db.models import QuerySet

from hosts.models import Host, Image, Network, Volume
from portal.people.access import Actor


def image_list(*, actor: Actor, host: Host | None = None, query: str = "") -> "QuerySet[Image]":
    """Images the actor may see, newest first."""
    raise NotImplementedError


def image_get(*, actor: Actor, host_id: UUID | str, image_id: str) -> Image:
    """By image id (with or without "sha256:", or a unique prefix) or by a tag. Raises NotFound."""
    raise NotImplementedError


def network_list(*, actor: Actor, host: Host | None = None, query: str = "") -> "QuerySet[Network]":
    raise NotImplementedError


def volume_list(*, actor: Actor, host: Host | None = None, query: str = "") -> "QuerySet[Volume]":
    raise NotImplementedError
