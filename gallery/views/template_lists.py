"""The pages of lists of templates that others publish."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery.forms.template_lists import ListForm
from gallery.lists.reading import differences
from gallery.models import TemplateList
from gallery.selectors.listed import list_get, listed_shown, listed_visible, lists_visible
from gallery.services.template_lists import (
    entries_of,
    list_add,
    list_leave,
    list_refresh,
    list_remove,
    list_take_over,
)
from portal.people.access import Actor, Permission
from portal.people.form_problems import add_problem
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get
from portal.problems import Conflict, Problem


@require_http_methods(["GET", "HEAD", "POST"])
def lists_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A team's lists, and a form for one more."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    form = ListForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        actor.require(Permission.MANAGE_TEAM, team)
        if form.is_valid():
            try:
                row = list_add(team=team, title=form.cleaned_data["title"], url=form.cleaned_data["url"], actor=actor)
            except Problem as problem:
                if not problem.fields:
                    raise
                add_problem(form, problem)
            else:
                _refresh(request, row, actor)
                return redirect("gallery:template-list", slug, row.pk)
    context = {
        "team": team,
        "rows": [(row, row.templates.count()) for row in lists_visible(actor, team)],
        "form": form,
        "manages": actor.can(Permission.MANAGE_TEAM, team),
    }
    return render(request, "gallery/template_lists.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def list_page(request: HttpRequest, slug: str, list_id: UUID) -> HttpResponse:
    """One list: what would change, and what it has."""
    actor = actor_of(request)
    row = _row(actor, slug, list_id)
    context = {
        "team": row.team,
        "list": row,
        "waiting": differences(entries_of(row), row.pending) if row.pending is not None else None,
        "templates": listed_shown(listed_visible(actor).filter(list=row)),
        "manages": actor.can(Permission.MANAGE_TEAM, row.team),
    }
    return render(request, "gallery/template_list.html", context)


@require_POST
def list_act(request: HttpRequest, slug: str, list_id: UUID, act: str) -> HttpResponse:
    """refresh, take (over what waits), leave (it), remove."""
    actor = actor_of(request)
    row = _row(actor, slug, list_id)
    if act == "remove":
        list_remove(row=row, actor=actor)
        messages.success(request, _("%(title)s is removed.") % {"title": row.title})
        return redirect("gallery:template-lists", slug)
    if act == "refresh":
        _refresh(request, row, actor)
    elif act == "leave":
        list_leave(row=row, actor=actor)
        messages.success(request, _("It stays as it was."))
    else:
        _take_over(request, row, actor)
    return redirect("gallery:template-list", slug, row.pk)


def _row(actor: Actor, slug: str, list_id: UUID) -> TemplateList:
    team_get(actor, slug)
    return list_get(actor, list_id)


def _refresh(request: HttpRequest, row: TemplateList, actor: Actor) -> None:
    actor.require(Permission.MANAGE_TEAM, row.team)
    try:
        list_refresh(row=row, actor=actor)
    except Problem as problem:
        messages.error(request, problem.detail)
        return
    waits = row.pending is not None
    messages.success(request, _("Look through what would change.") if waits else _("Nothing has changed."))


def _take_over(request: HttpRequest, row: TemplateList, actor: Actor) -> None:
    try:
        counts = list_take_over(row=row, actor=actor)
    except Conflict as problem:
        messages.warning(request, problem.detail)
        return
    messages.success(request, _("Added %(added)d, changed %(changed)d, removed %(removed)d.") % counts)
