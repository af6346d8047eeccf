"""Reading images, networks and volumes of hosts: the mirror."""

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from hosts.models import Host, Image, Network, Volume
from hosts.selectors.hosts import host_get
from portal.people.access import Actor
from portal.problems import NotFound

M = TypeVar("M", bound=Model)


def image_list(*, actor: Actor, host: Host | None = None, query: str = "") -> "QuerySet[Image]":
    """Images the actor may see, newest first."""
    rows = _visible(Image.objects.select_related("host"), actor, host)
    if query:
        rows = rows.annotate(tags_text=Cast("tags", TextField())).filter(
            Q(tags_text__icontains=query) | Q(image_id__icontains=query)
        )
    return rows.order_by("-created", "-id")


def image_get(*, actor: Actor, host_id: UUID | str, image_id: str) -> Image:
    """By image id (with or without "sha256:", or a unique prefix) or by a tag. Raises NotFound."""
    host = host_get(actor=actor, host_id=host_id)
    rows = Image.objects.select_related("host", "host__team").filter(host=host)
    full = image_id if image_id.startswith("sha256:") else f"sha256:{image_id}"
    found = rows.filter(image_id=full).first()
    if found is None:
        found = next((row for row in rows if image_id in row.tags), None)
    if found is None and len(full) >= len("sha256:") + 4:
        near = list(rows.filter(image_id__startswith=full)[:2])
        found = near[0] if len(near) == 1 else None
    if found is None:
        raise NotFound(f"There is no image {image_id[:80]} on {host.name}.", code="image-not-found")
    return found


def network_list(*, actor: Actor, host: Host | None = None, query: str = "") -> "QuerySet[Network]":
    """By name."""
    rows = _visible(Network.objects.select_related("host"), actor, host)
    return (rows.filter(name__icontains=query) if query else rows).order_by("name", "id")


def volume_list(*, actor: Actor, host: Host | None = None, query: str = "") -> "QuerySet[Volume]":
    """By name."""
    rows = _visible(Volume.objects.select_related("host"), actor, host)
    return (rows.filter(name__icontains=query) if query else rows).order_by("name", "id")


def _visible(rows: "QuerySet[M]", actor: Actor, host: Host | None) -> "QuerySet[M]":
    teams = actor.team_ids()
    if teams is not None:
        rows = rows.filter(host__team_id__in=teams)
    return rows if host is None else rows.filter(host=host)
