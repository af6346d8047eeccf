"""Applications that come from git: a new one, what one follows, and what can be done with that."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hosts.forms.errors import add_problem
from hosts.forms.git_sources import GitForm, GitNewForm
from hosts.models import Application, GitSource
from hosts.selectors.applications import application_get
from hosts.services.git_looks import source_look
from hosts.services.git_sources import application_from_git, source_detach, source_get, source_set
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import done, require_somewhere, teams_where
from .editor import team_named


@require_http_methods(["GET", "HEAD", "POST"])
def application_new_git(request: HttpRequest) -> HttpResponse:
    """A new application with the compose file of a repository, which it follows from then on."""
    actor = actor_of(request)
    require_somewhere(actor, Permission.DEPLOY)
    form = GitNewForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            application, _revision = application_from_git(
                team=team_named(actor, form.cleaned_data["team"]),
                name=form.cleaned_data["name"],
                follow=form.follow(),
                actor=actor,
            )
        except Problem as problem:
            add_problem(form, _named(problem))
        else:
            where = reverse("hosts:application", args=[application.pk])
            return done(request, where, _("It is made from the repository, and follows it."))
    teams = teams_where(actor, Permission.DEPLOY).order_by("name")
    chosen = request.POST.get("team", request.GET.get("team", ""))
    context = {"form": form, "teams": teams, "chosen": chosen}
    return render(request, "applications/new_git.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def git_page(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """What an application follows and what came of it; a POST changes it, or begins it."""
    actor = actor_of(request)
    application = _application(request, application_id)
    row = GitSource.objects.filter(application=application).select_related("set_by").first()
    data = request.POST if request.method == "POST" else None
    form = GitForm.of(row, data) if row else GitForm(data)
    if form.is_bound and form.is_valid():
        try:
            source_set(application=application, follow=form.follow(), actor=actor)
        except Problem as problem:
            add_problem(form, _named(problem))
        else:
            return done(request, _page_of(application), _("It is saved, and looked at soon."))
    context: dict[str, Any] = {"application": application, "source": row, "form": form}
    return render(request, "applications/git.html", context, status=422 if form.is_bound else 200)


@require_POST
def git_act(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """What `act` says: look, or detach."""
    application = _application(request, application_id)
    source = source_get(application=application)
    if request.POST.get("act") == "detach":
        source_detach(source=source, actor=actor_of(request))
        where = reverse("hosts:application", args=[application.pk])
        return done(request, where, _("It follows the repository no more. Its text can be edited."))
    told = source_look(source_id=source.pk)
    source.refresh_from_db()
    if source.problem:
        messages.error(request, told)
        return HttpResponseRedirect(_page_of(application))
    return done(request, _page_of(application), told or _("The repository has no new commit."))


def _application(request: HttpRequest, application_id: UUID) -> Application:
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    actor.require(Permission.DEPLOY, application.team_id)
    return application


def _named(problem: Problem) -> Problem:
    """Fetching names its field git_url; on these pages the address is `url`."""
    problem.fields = {"url" if name == "git_url" else name: texts for name, texts in problem.fields.items()}
    return problem


def _page_of(application: Application) -> str:
    return reverse("hosts:application-git", args=[application.pk])
