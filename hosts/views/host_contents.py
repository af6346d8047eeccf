"""What a host holds: the tabs for containers, images, networks and volumes, each with its live fragment."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from hosts.live import live_fragment
from hosts.models import Host
from hosts.models.mirror import ContainerState
from hosts.selectors.container_commands import container_commands
from hosts.selectors.containers import container_list
from hosts.selectors.images import image_list, network_list, volume_list
from portal.people.access import Actor
from portal.people.requests import actor_of

from .answers import filters_of, live_query, rows_page
from .container_words import container_line
from .host import host_context, host_topics

View = Callable[[HttpRequest, UUID], HttpResponse]
ListRows = Callable[[Actor, Host, dict[str, str]], "QuerySet[Any]"]

ROWS: dict[str, tuple[ListRows, list[str]]] = {
    "containers": (
        lambda actor, host, filters: container_list(
            actor=actor, host=host, query=filters["q"], state=filters["state"], health=filters["health"]
        ),
        ["name", "id"],
    ),
    "images": (lambda actor, host, filters: image_list(actor=actor, host=host, query=filters["q"]), ["-size", "id"]),
    "networks": (lambda actor, host, filters: network_list(actor=actor, host=host, query=filters["q"]), ["name", "id"]),
    "volumes": (lambda actor, host, filters: volume_list(actor=actor, host=host, query=filters["q"]), ["name", "id"]),
}


def _context(request: HttpRequest, host_id: UUID, kind: str) -> dict[str, Any]:
    actor = actor_of(request)
    context = host_context(request, host_id, kind)
    host: Host = context["host"]
    filters = {name: request.GET.get(name, "").strip() for name in ("q", "state", "health")}
    list_rows, order = ROWS[kind]
    page = rows_page(request, list_rows(actor, host, filters), order=order)
    items: list[Any] = list(page.items)
    if kind == "containers":
        commands = container_commands(host=host, cids=[row.cid for row in items], now=timezone.now())
        items = [container_line(row, commands.get(row.cid)) for row in items]
    elif kind in {"images", "volumes"}:
        users = _users(host, kind)
        items = [{"row": row, "users": users.get(row.image_id if kind == "images" else row.name, [])} for row in items]
    return {
        **context,
        "items": items,
        "filters": filters,
        "filtered": bool(filters_of(request)),
        "states": ContainerState.choices,
        "next": page.next,
        "first_page": not request.GET.get("cursor"),
        "live_query": live_query(request),
    }


def _users(host: Host, kind: str) -> dict[str, list[str]]:
    """Names of the containers that use each image (by id) or volume (by name)."""
    found: dict[str, list[str]] = {}
    for name, image_id, mounts in host.containers.order_by("name").values_list("name", "image_id", "mounts"):
        keys = [image_id] if kind == "images" else [mount.get("name", "") for mount in mounts]
        for key in keys:
            if key:
                found.setdefault(key, []).append(name)
    return found


def _tab(kind: str) -> tuple[View, View]:
    """The page of a tab, and the rows in it, which are drawn again when the host changes."""

    @require_safe
    def page(request: HttpRequest, host_id: UUID) -> HttpResponse:
        return render(request, f"hosts/{kind}.html", _context(request, host_id, kind))

    @live_fragment(host_topics)
    @require_safe
    def rows(request: HttpRequest, host_id: UUID) -> HttpResponse:
        return render(request, f"hosts/_{kind}.html", _context(request, host_id, kind))

    return page, rows


host_containers, host_container_rows = _tab("containers")
host_images, host_image_rows = _tab("images")
host_networks, host_network_rows = _tab("networks")
host_volumes, host_volume_rows = _tab("volumes")
