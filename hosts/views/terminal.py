"""The page of a terminal."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hosts.selectors.containers import container_get
from hosts.selectors.policies import policy_of
from hosts.terminals.shells import AUTO, shells_of
from portal.people.access import Permission
from portal.people.requests import actor_of

from .container_tabs import container_tabs


@never_cache
@require_safe
def terminal_page(request: HttpRequest, host_id: UUID, cid: str) -> HttpResponse:
    """Choose a shell and go on in the page; `session` in the address joins one that a teammate shares."""
    actor = actor_of(request)
    container = container_get(actor=actor, host_id=host_id, cid=cid)
    actor.require(Permission.OPERATE, container.host.team_id)
    context = container_tabs(actor, container, "terminal")
    context["shells"] = [name for name in shells_of(container.host.os) if name != AUTO]
    context["recorded"] = policy_of(container.host.team_id).record_terminals
    context["joins"] = request.GET.get("session", "")[:80]
    return render(request, "hosts/container_terminal.html", context)
