"""Pages of single machines of Azure: what each is, costs and differs in; another size, its console; the list of all."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hosts.live import live_fragment
from hosts.selectors.azure import machine_get, may_manage, subscription_list
from hosts.selectors.azure_machines import MachineView, machine_views, machines_all, size_choices
from hosts.services.azure_machines import machine_accept, machine_act, machine_console, machine_resize
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import done, filters_of, live_query, rows_page

POWERS = {"running": ("ok", "play"), "deallocated": ("idle", "square"), "stopped": ("warn", "square")}


def machine_line(view: MachineView) -> dict[str, Any]:
    """A machine as templates show it."""
    machine = view.machine
    kind, icon = POWERS.get(machine.power, ("warn", "loader"))
    word = machine.power or (_("gone") if machine.gone_at else _("unknown"))
    return {"view": view, "machine": machine, "badge": "bad" if machine.gone_at else kind, "icon": icon, "word": word}


def _context(actor: Actor, batch_id: UUID, name: str) -> dict[str, Any]:
    machine = machine_get(actor=actor, batch_id=batch_id, name=name)
    [view] = machine_views([machine])
    batch = machine.batch
    runs = list(machine.runs.order_by("-started_at")[:20])
    may = may_manage(actor, batch.team_id)
    return {**machine_line(view), "batch": batch, "runs": runs, "may_manage": may}


@require_safe
def machine_page(request: HttpRequest, batch_id: UUID, name: str) -> HttpResponse:
    """One machine: power, size, host, cost so far, what differs."""
    return render(request, "azure/machine.html", _context(actor_of(request), batch_id, name))


@live_fragment(lambda request, **kwargs: [f"azure-batch:{kwargs['batch_id']}", "hosts"])
@require_safe
def machine_rows(request: HttpRequest, batch_id: UUID, name: str) -> HttpResponse:
    """The same without its frame, for live updates."""
    return render(request, "azure/_machine.html", _context(actor_of(request), batch_id, name))


@require_http_methods(["GET", "HEAD", "POST"])
def machine_size(request: HttpRequest, batch_id: UUID, name: str) -> HttpResponse:
    """The sizes that fit, and the change to one of them."""
    actor = actor_of(request)
    machine = machine_get(actor=actor, batch_id=batch_id, name=name)
    actor.require(Permission.MANAGE_HOSTS, machine.batch.team_id)
    problem: Problem | None = None
    if request.method == "POST":
        try:
            machine_resize(machine=machine, size=request.POST.get("size", "").strip(), actor=actor)
        except Problem as error:
            problem = error
        else:
            where = reverse("hosts:azure-machine-page", args=[batch_id, name])
            return done(request, where, _("Azure was asked for the other size; it takes a moment."))
    context: dict[str, Any] = {"machine": machine, "batch": machine.batch, "choices": [], "problem": problem}
    try:
        context["choices"] = size_choices(machine)
    except Problem as error:
        context["problem"] = problem or error
    return render(request, "azure/resize.html", context, status=problem.status if problem else 200)


@require_safe
def machine_log(request: HttpRequest, batch_id: UUID, name: str) -> HttpResponse:
    """The end of the serial console, asked of Azure now."""
    actor = actor_of(request)
    machine = machine_get(actor=actor, batch_id=batch_id, name=name)
    context: dict[str, Any] = {"machine": machine, "batch": machine.batch, "text": "", "problem": None}
    actor.require(Permission.MANAGE_HOSTS, machine.batch.team_id)
    try:
        context["text"] = machine_console(machine=machine, actor=actor)
    except Problem as problem:
        context["problem"] = problem
    return render(request, "azure/console.html", context)


@require_POST
def machine_take(request: HttpRequest, batch_id: UUID, name: str) -> HttpResponse:
    """Take the machine as Azure has it; one that is gone is forgotten."""
    actor = actor_of(request)
    machine_accept(machine=machine_get(actor=actor, batch_id=batch_id, name=name), actor=actor)
    return done(request, reverse("hosts:azure-batch", args=[batch_id]), _("Taken as it is in Azure."))


@require_POST
def machine_do(request: HttpRequest, batch_id: UUID, name: str, action: str) -> HttpResponse:
    """Start, stop, restart, redeploy or delete one machine."""
    actor = actor_of(request)
    machine = machine_get(actor=actor, batch_id=batch_id, name=name)
    machine_act(machine=machine, action=action, actor=actor)
    return done(request, reverse("hosts:azure-batch", args=[batch_id]), _("Azure was asked; it takes a moment."))


def _list_context(request: HttpRequest) -> dict[str, Any]:
    actor, given = actor_of(request), filters_of(request)
    rows = machines_all(
        actor=actor,
        q=given.get("q", ""),
        power=given.get("power", ""),
        subscription=given.get("subscription", ""),
        drifted="drifted" in given,
    )
    page = rows_page(request, rows, order=["name", "id"])
    return {
        "lines": [machine_line(view) for view in machine_views(page.items)],
        "next": page.next,
        "first_page": not request.GET.get("cursor"),
        "filters": given,
        "powers": ["running", "deallocated", "stopped"],
        "subscriptions": list(subscription_list(actor=actor).values("subscription_id", "display_name")[:200]),
        "live_query": live_query(request),
    }


@require_safe
def machines_page(request: HttpRequest) -> HttpResponse:
    """Every machine of every subscription, filtered; from what is stored."""
    return render(request, "azure/machines.html", _list_context(request))


@live_fragment(lambda request, **kwargs: ["azure"])
@require_safe
def machines_rows(request: HttpRequest) -> HttpResponse:
    """The same without its frame, for live updates."""
    return render(request, "azure/_machines.html", _list_context(request))
