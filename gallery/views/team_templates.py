"""The pages on which a team writes its templates."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery.compose.errors import ComposeInvalid
from gallery.forms.parameters import KINDS, ParameterRow, rows_guessed, rows_of, rows_sent
from gallery.forms.templates import TemplateForm
from gallery.models import TeamTemplate
from gallery.selectors.basket import basket_of
from gallery.selectors.parameters import parameters_read
from gallery.selectors.templates import team_template_get, templates_of_teams
from gallery.services.templates import template_add, template_change, template_remove
from portal.people.access import Actor, Permission
from portal.people.form_problems import add_problem
from portal.people.models import Team
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get
from portal.problems import Problem

START = """services:
  web:
    image: nginx:1.27
    ports:
      - "${PORT}:80"
"""


@require_safe
def team_templates(request: HttpRequest, slug: str) -> HttpResponse:
    """What a team has written for the gallery."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    context = {
        "team": team,
        "rows": templates_of_teams(actor, team),
        "writes": actor.can(Permission.DEPLOY, team),
        "manages": actor.can(Permission.MANAGE_TEAM, team),
    }
    return render(request, "gallery/team_templates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def template_new(request: HttpRequest, slug: str) -> HttpResponse:
    """A template from nothing."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    actor.require(Permission.DEPLOY, team)
    if request.method == "POST":
        return _sent(request, actor, team, None)
    if request.GET.get("basket"):
        found = basket_of(actor)
        form = TemplateForm(initial={"compose": found.compose})
        return _form_page(request, team, form, rows_of(found.parameters), notes=found.notes)
    form = TemplateForm(initial={"compose": START})
    return _form_page(request, team, form, rows_guessed(START, []))


@require_http_methods(["GET", "HEAD", "POST"])
def template_edit(request: HttpRequest, slug: str, template: str) -> HttpResponse:
    """Another text of one."""
    actor = actor_of(request)
    row = _row(actor, slug, template)
    actor.require(Permission.DEPLOY, row.team)
    if request.method == "POST":
        return _sent(request, actor, row.team, row)
    names = ("title", "summary", "description", "categories", "compose")
    form = TemplateForm(initial={name: getattr(row, name) for name in names})
    return _form_page(request, row.team, form, rows_of(parameters_read(row.parameters)), row)


@require_POST
def template_delete(request: HttpRequest, slug: str, template: str) -> HttpResponse:
    """Take one out of the gallery."""
    actor = actor_of(request)
    row = _row(actor, slug, template)
    template_remove(row=row, actor=actor)
    messages.success(request, _("%(title)s is removed. What was made from it stays.") % {"title": row.title})
    return redirect("gallery:team-templates", slug)


def _row(actor: Actor, slug: str, template: str) -> TeamTemplate:
    team_get(actor, slug)
    return team_template_get(actor, template)


def _sent(request: HttpRequest, actor: Actor, team: Team, row: TeamTemplate | None) -> HttpResponse:
    """A button of the rows, or keep it."""
    form, rows = TemplateForm(request.POST), rows_sent(request.POST)
    if request.POST.get("add") == "parameter":
        return _form_page(request, team, _typed(request), [*rows, ParameterRow()], row)
    if (index := request.POST.get("remove_parameter", "")).isdecimal():
        rows = [one for number, one in enumerate(rows) if number != int(index)]
        return _form_page(request, team, _typed(request), rows, row)
    if request.POST.get("action") == "variables":
        try:
            rows = rows_guessed(request.POST.get("compose", ""), rows)
        except ComposeInvalid as problem:
            form.is_valid()
            add_problem(form, problem)
            return _form_page(request, team, form, rows, row, 422)
        return _form_page(request, team, _typed(request), rows, row)
    if not form.is_valid():
        return _form_page(request, team, form, rows, row, 422)
    try:
        given = form.given(rows)
        found = (
            template_change(row=row, given=given, actor=actor)
            if row
            else template_add(team=team, given=given, actor=actor)
        )
    except Problem as problem:
        if not problem.fields:
            raise
        add_problem(form, problem)
        return _form_page(request, team, form, rows, row, 422)
    messages.success(request, _("%(title)s is in the gallery of %(team)s.") % {"title": found.title, "team": team.name})
    return redirect("gallery:template", found.slug)


def _typed(request: HttpRequest) -> TemplateForm:
    """What was typed, without a word about what is wrong: nobody asked for that yet."""
    names = ("title", "summary", "description", "compose")
    initial: dict[str, Any] = {name: request.POST.get(name, "") for name in names}
    return TemplateForm(initial={**initial, "categories": request.POST.getlist("categories")})


def _form_page(
    request: HttpRequest,
    team: Team,
    form: TemplateForm,
    rows: list[ParameterRow],
    row: TeamTemplate | None = None,
    status: int = 200,
    notes: Sequence[str] = (),
) -> HttpResponse:
    context: dict[str, Any] = {
        "team": team,
        "form": form,
        "rows": rows,
        "row": row,
        "kinds": KINDS,
        "notes": notes,
    }
    return render(request, "gallery/team_template.html", context, status=status)
