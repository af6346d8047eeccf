"""Pages of solutions in Azure: the form, and the one entry for machines and application."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery.solutions.loader import solution_get
from gallery.solutions.types import Solution as SolutionTemplate
from hosts.azure.wishes import IMAGES
from hosts.forms.errors import add_problem
from hosts.forms.solutions import SolutionForm
from hosts.live import live_fragment
from hosts.models import Solution
from hosts.models.solutions import SolutionState
from hosts.selectors.azure import may_manage, subscription_list
from hosts.selectors.solutions import solution_row, solution_sentence, web_addresses
from hosts.services.solutions import solution_create, solution_delete, solution_start
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import done, require_somewhere, teams_where

BADGES = {
    SolutionState.PLANNED: ("info", "clipboard-check"),
    SolutionState.READY: ("ok", "circle-check"),
    SolutionState.FAILED: ("bad", "circle-alert"),
    SolutionState.DELETING: ("warn", "loader"),
    SolutionState.DELETED: ("idle", "trash-2"),
}
# The steps that a person waits for, in order.
STAGES = (SolutionState.MACHINES, SolutionState.CLUSTER, SolutionState.APPLICATION, SolutionState.READY)


def solution_line(solution: Solution) -> dict[str, Any]:
    """A solution with its mark and its sentence, for lists and its page."""
    kind, icon = BADGES.get(SolutionState(solution.state), ("info", "loader"))
    title = solution_get(solution.template).title
    return {"solution": solution, "title": title, "badge": kind, "icon": icon, "sentence": solution_sentence(solution)}


def _context(actor: Actor, solution_id: UUID) -> dict[str, Any]:
    solution = solution_row(actor=actor, solution_id=solution_id)
    template = solution_get(solution.template)
    batch = solution.batch
    changed = [one for one in batch.changes if one["kind"] not in {"NoChange", "Ignore"}]
    plan = solution.state in {SolutionState.PLANNING, SolutionState.PLANNED}
    return {
        **solution_line(solution),
        "template": template,
        "batch": batch,
        "changes": changed if plan else [],
        "kinds": [_kind(one, template) for one in batch.groups],
        "addresses": web_addresses(solution),
        "machines": list(batch.machines.all()),
        "hosts": list(batch.hosts.order_by("name")),
        "stages": _stages(solution, cluster=template.cluster),
        "may_manage": may_manage(actor, solution.team_id),
        "may_start": solution.state == SolutionState.PLANNED,
        "may_delete": solution.state not in {SolutionState.DELETING, SolutionState.DELETED},
    }


def _kind(group: dict[str, Any], template: SolutionTemplate) -> dict[str, Any]:
    titles = {kind.role: kind.title for kind in template.machines}
    return {**group, "title": titles.get(group["role"], group["role"]), "system": IMAGES[group["image"]][1]}


def _stages(solution: Solution, *, cluster: bool) -> list[dict[str, str]]:
    """Each step with its mark: done, now or later. Empty before somebody has agreed, and when it goes away."""
    if solution.state not in STAGES:
        return []
    shown = [stage for stage in STAGES if cluster or stage != SolutionState.CLUSTER]
    at = shown.index(SolutionState(solution.state))
    ready = solution.state == SolutionState.READY
    words = [
        ("done", "ok", "circle-check")
        if index < at or ready
        else ("now", "info", "loader")
        if index == at
        # a step that has not begun
        else ("later", "idle", "circle")
        for index in range(len(shown))
    ]
    return [
        {"title": str(stage.label), "word": word, "badge": badge, "icon": icon}
        for stage, (word, badge, icon) in zip(shown, words, strict=True)
    ]


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def solution_new(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of a solution, and the question to Azure what it would change."""
    actor = actor_of(request)
    template = solution_get(slug)
    require_somewhere(actor, Permission.MANAGE_HOSTS)
    subscriptions = subscription_list(actor=actor).filter(team__in=teams_where(actor, Permission.MANAGE_HOSTS))
    data = request.POST if request.method == "POST" else None
    form = SolutionForm(data, subscriptions=subscriptions, template=template)
    if request.method == "POST" and form.is_valid():
        try:
            solution = _create(form, template, actor)
        except Problem as problem:
            add_problem(form, problem)
        else:
            return HttpResponseRedirect(reverse("hosts:solution", args=[solution.pk]))
    context = {"form": form, "template": template, "connected": subscriptions.exists()}
    return render(request, "azure/solution_new.html", context, status=422 if form.is_bound else 200)


def _create(form: SolutionForm, template: SolutionTemplate, actor: Actor) -> Solution:
    values = form.cleaned_data
    return solution_create(
        subscription=values["subscription"],
        template=template,
        name=values["name"].strip(),
        region=values["region"].strip(),
        reach=values["reach"].strip(),
        values=form.values(),
        sizes=form.sizes(),
        actor=actor,
    )


@require_safe
def solution_page(request: HttpRequest, solution_id: UUID) -> HttpResponse:
    """One solution: what would change, how far it is, where it answers."""
    return render(request, "azure/solution.html", _context(actor_of(request), solution_id))


@live_fragment(lambda request, **kwargs: [f"solution:{kwargs['solution_id']}", "hosts", "applications"])
@require_safe
def solution_fragment(request: HttpRequest, solution_id: UUID) -> HttpResponse:
    """The same without its frame, for live updates."""
    return render(request, "azure/_solution.html", _context(actor_of(request), solution_id))


@require_POST
def solution_go(request: HttpRequest, solution_id: UUID) -> HttpResponse:
    """Deploy what the what-if showed."""
    actor = actor_of(request)
    row = solution_start(solution=solution_row(actor=actor, solution_id=solution_id), actor=actor)
    return done(request, reverse("hosts:solution", args=[row.pk]), _("Azure is asked to make the machines."))


@require_POST
def solution_remove(request: HttpRequest, solution_id: UUID) -> HttpResponse:
    """Delete application, hosts and machines."""
    actor = actor_of(request)
    row = solution_delete(solution=solution_row(actor=actor, solution_id=solution_id), actor=actor)
    text = _("Everything of %(name)s is being deleted.") % {"name": row.name}
    return done(request, reverse("hosts:solution", args=[row.pk]), text)
