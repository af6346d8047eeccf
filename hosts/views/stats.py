"""The pages of what a container and a host use."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hosts.selectors.containers import container_get
from portal.people.requests import actor_of

from .container_tabs import container_tabs
from .host import host_context


@require_safe
def container_stats(request: HttpRequest, host_id: UUID, cid: str) -> HttpResponse:
    """Live charts of one container."""
    actor = actor_of(request)
    container = container_get(actor=actor, host_id=host_id, cid=cid)
    return render(request, "hosts/container_stats.html", container_tabs(actor, container, "stats"))


@require_safe
def host_stats(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Live charts of a host's containers together, each by itself, and the host's events."""
    return render(request, "hosts/stats.html", host_context(request, host_id, "stats"))
