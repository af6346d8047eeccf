"""The page "Clean up" of a host: what would go, doing it, and doing it every day."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hosts.forms.errors import add_problem
from hosts.forms.housekeeping import ScheduleForm, SweepForm
from hosts.live import live_fragment
from hosts.models.housekeeping import PruneKind
from hosts.selectors.hosts import host_get
from hosts.selectors.housekeeping import cleaned_list, housekeeping_get
from hosts.services.housekeeping import Sweep, housekeeping_set, prune_preview, prune_start, sweep_clean
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import done
from .host import host_context, host_topics


def _context(request: HttpRequest, host_id: UUID) -> dict[str, Any]:
    actor = actor_of(request)
    context = host_context(request, host_id, "housekeeping")
    row = housekeeping_get(actor=actor, host=context["host"])
    return {**context, "schedule": row, "cleaned": cleaned_list(actor=actor, host=context["host"])}


def _sweep(form: SweepForm) -> Sweep:
    return sweep_clean(kinds=form.cleaned_data["kinds"], days=form.cleaned_data["days"], keep_labels=form.keep_labels())


@require_safe
def housekeeping_page(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """The page; with `preview` in the address the host is asked what would go."""
    actor = actor_of(request)
    context = _context(request, host_id)
    form = SweepForm(request.GET if "preview" in request.GET else None)
    if form.is_bound:
        actor.require(Permission.OPERATE, context["host"].team_id)
    if form.is_bound and form.is_valid():
        try:
            context |= preview_context(prune_preview(host=context["host"], sweep=_sweep(form), actor=actor))
        except Problem as problem:
            context["problem"] = problem
    status = 422 if form.is_bound and form.errors else 200
    context |= {"form": form, "schedule_form": ScheduleForm.of(context["schedule"])}
    return render(request, "hosts/housekeeping.html", context, status=status)


@live_fragment(host_topics)
@require_safe
def housekeeping_done(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """What was cleaned up, for live updates."""
    return render(request, "hosts/_housekeeping.html", _context(request, host_id))


@require_POST
def housekeeping_start(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Throw it away."""
    actor = actor_of(request)
    host = host_get(actor=actor, host_id=host_id)
    actor.require(Permission.OPERATE, host.team_id)
    form = SweepForm(request.POST)
    if not form.is_valid():
        context = {**_context(request, host_id), "form": form}
        context["schedule_form"] = ScheduleForm.of(context["schedule"])
        return render(request, "hosts/housekeeping.html", context, status=422)
    prune_start(host=host, sweep=_sweep(form), actor=actor)
    where = reverse("hosts:housekeeping", args=[host.pk])
    return done(request, where, _("%(host)s is being cleaned up.") % {"host": host.name})


@require_POST
def housekeeping_save(request: HttpRequest, host_id: UUID) -> HttpResponse:
    """Keep the schedule."""
    actor = actor_of(request)
    host = host_get(actor=actor, host_id=host_id)
    actor.require(Permission.MANAGE_HOSTS, host.team_id)
    form = ScheduleForm(request.POST, prefix="daily")
    if form.is_valid():
        try:
            values = form.cleaned_data
            housekeeping_set(host=host, sweep=_sweep(form), at=values["at"], enabled=values["enabled"], actor=actor)
        except Problem as problem:
            add_problem(form, problem)
        else:
            return done(request, reverse("hosts:housekeeping", args=[host.pk]), _("The schedule is saved."))
    context = {**_context(request, host_id), "form": SweepForm(), "schedule_form": form}
    return render(request, "hosts/housekeeping.html", context, status=422)


def preview_context(answer: dict[str, Any]) -> dict[str, Any]:
    """What a host said would go, as the page shows it."""
    labels = {str(kind): str(kind.label) for kind in PruneKind}
    counts = answer.get("counts") or {}

    def rows(name: str) -> list[dict[str, Any]]:
        return [
            {**row, "what": labels.get(str(row.get("kind")), "")}
            for row in answer.get(name) or []
            if isinstance(row, dict)
        ]

    return {
        "preview": True,
        "items": rows("items"),
        "kept": rows("kept"),
        "size": answer.get("size") or 0,
        "count": sum(count for count in counts.values() if isinstance(count, int)),
    }
