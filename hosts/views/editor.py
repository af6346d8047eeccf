"""The editor of applications: a text with checks as one types, values, files and secrets beside it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery.compose.errors import ComposeInvalid, Refusal
from gallery.compose.vocabulary import NAMES, VALUES
from gallery.found import SearchRequest
from gallery.search import search
from hosts.api.compose import checked_out
from hosts.forms.editor import Typed, fields_of, typed_of
from hosts.models import Application, GitSource
from hosts.selectors.applications import application_get, revision_get
from hosts.selectors.secrets import secret_list
from hosts.services.applications import application_create, application_revise
from hosts.services.editing import (
    compose_check,
    docker_run_to_compose,
    portainer_templates,
    values_read,
    values_written,
)
from hosts.services.imports import git_fetch
from hosts.services.secrets import secret_remove, secret_set
from portal.people.access import Actor, Permission
from portal.people.models import Team
from portal.people.requests import actor_of
from portal.problems import Conflict, Invalid, NotFound, Problem, Unavailable

from .answers import done, require_somewhere, teams_where
from .editor_start import started

MAX_IMAGES = 12
IMPORTS = {"git", "paste", "upload"}


@require_http_methods(["GET", "HEAD", "POST"])
def application_new(request: HttpRequest) -> HttpResponse:
    """A new application from text; from a file, a docker run line or a Portainer template by way of this page."""
    actor = actor_of(request)
    require_somewhere(actor, Permission.DEPLOY)
    if request.method != "POST":
        typed, notes = started(request, actor)
        return _page(request, typed, notes=notes)
    typed = Typed()
    try:
        typed = typed_of(request)
        if request.POST.get("action") in IMPORTS or "pick" in request.POST:
            return _page(request, typed, picks=_taken_in(request, typed))
        application, revision = application_create(
            team=team_named(actor, typed.team),
            name=typed.name,
            actor=actor,
            compose=typed.compose,
            values=values_read(typed.values),
            files=typed.files,
            secrets=typed.secrets,
        )
    except (Invalid, Conflict, Unavailable) as problem:
        return _page(request, typed, problem=problem)
    return _onwards(request, application, revision.number)


@require_http_methods(["GET", "HEAD", "POST"])
def application_edit(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """The newest revision, or the one in `revision`, to be changed into a new one."""
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    actor.require(Permission.DEPLOY, application.team_id)
    if request.method != "POST":
        number = request.GET.get("revision", "")
        row = revision_get(application=application, number=int(number) if number.isdecimal() else None)
        typed = Typed(application.name, "", row.compose, values_written(row.values), dict(row.files))
        return _page(request, typed, application)
    typed = Typed()
    try:
        typed = typed_of(request)
        if request.POST.get("action") in IMPORTS or "pick" in request.POST:
            return _page(request, typed, application, picks=_taken_in(request, typed))
        revision = application_revise(
            application=application,
            actor=actor,
            compose=typed.compose,
            values=values_read(typed.values),
            files=typed.files,
        )
    except (Invalid, Conflict, Unavailable) as problem:
        return _page(request, typed, application, problem=problem)
    return _onwards(request, application, revision.number)


def _onwards(request: HttpRequest, application: Application, number: int) -> HttpResponse:
    """To the plan, or to the application's page."""
    if request.POST.get("action") == "plan":
        return HttpResponseRedirect(f"{reverse('hosts:deploy')}?application={application.pk}&revision={number}")
    message = _("Revision %(number)s is saved. Nothing is deployed yet.") % {"number": number}
    return done(request, reverse("hosts:application", args=[application.pk]), message)


def team_named(actor: Actor, named: str) -> Team:
    """The team of that id in which the actor deploys; the only one when none is named. Raises Invalid."""
    teams = teams_where(actor, Permission.DEPLOY).order_by("name")
    found = teams.filter(pk=int(named)).first() if named.isdecimal() else None
    found = found or (teams.first() if teams.count() == 1 else None)
    if found is None:
        message = _("Choose the team that it belongs to.")
        raise Invalid(message, fields={"team": [message]})
    return found


def _taken_in(request: HttpRequest, typed: Typed) -> Sequence[str]:
    """Works what is imported into the draft: uploads are in it already. The titles to choose from, if any."""
    if request.POST.get("action") == "git":
        found = git_fetch(url=typed.git_url, ref=typed.git_ref, path=typed.git_path)
        typed.compose, typed.files = found.compose, dict(found.files)
        typed.values = typed.files.pop(".env", typed.values)
        return ()
    return _pasted(request, typed)


def _pasted(request: HttpRequest, typed: Typed) -> Sequence[str]:
    """Works a docker run line or Portainer file into the draft; the titles to choose from when there are many."""
    text = typed.paste
    if not text:
        return ()
    if not text.startswith(("{", "[")):
        converted = docker_run_to_compose(text)
        typed.compose, typed.name, typed.paste = converted.compose, typed.name or converted.name, ""
        return ()
    templates = portainer_templates(text)
    pick = request.POST.get("pick", "")
    if len(templates) > 1 and not pick.isdecimal():
        return [one.title for one in templates]
    chosen = templates[int(pick) if pick.isdecimal() and int(pick) < len(templates) else 0] if templates else None
    if chosen is None or not chosen.compose:
        where = f" {chosen.repository} ({chosen.file})" if chosen and chosen.repository else ""
        message = (chosen.refusal if chosen else "") or _("It is a stack of a git repository:") + where
        raise Invalid(message, fields={"paste": [message]})
    typed.compose, typed.name, typed.paste = chosen.compose, typed.name or chosen.name, ""
    return ()


def _page(
    request: HttpRequest,
    typed: Typed,
    application: Application | None = None,
    *,
    problem: Problem | None = None,
    picks: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> HttpResponse:
    refusals: Sequence[Refusal] = problem.refusals if isinstance(problem, ComposeInvalid) else ()
    context: dict[str, Any] = {
        "typed": typed,
        "application": application,
        "source": GitSource.objects.filter(application=application).first() if application else None,
        "teams": teams_where(actor_of(request), Permission.DEPLOY).order_by("name"),
        "secrets": secret_list(application=application) if application is not None else (),
        "refusals": refusals,
        "errors": fields_of(problem) if isinstance(problem, Invalid) and not refusals else {},
        "problem": None if refusals else problem,
        "picks": picks,
        "notes": notes,
    }
    return render(request, "applications/editor.html", context, status=problem.status if problem else 200)


@require_POST
def application_secret(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """Give a secret a value, or forget the one in `remove`."""
    actor = actor_of(request)
    application = application_get(actor=actor, application_id=application_id)
    where = reverse("hosts:application-edit", args=[application.pk])
    if name := request.POST.get("remove", ""):
        secret_remove(application=application, name=name, actor=actor)
        return done(request, where, _("The secret %(name)s is forgotten.") % {"name": name})
    name = request.POST.get("name", "").strip()
    secret_set(application=application, name=name, value=request.POST.get("value", ""), actor=actor)
    message = _("The secret %(name)s is sealed. It is used from the next deployment on.") % {"name": name}
    return done(request, where, message)


@require_POST
def compose_validate(request: HttpRequest) -> JsonResponse:
    """What is wrong with the text that is being typed, as the API tells it."""
    actor = actor_of(request)
    typed = typed_of(request)
    application = None
    if (named := request.POST.get("application", "")) and _is_uuid(named):
        application = application_get(actor=actor, application_id=named)
    try:
        values = values_read(typed.values)
    except Invalid as problem:
        place = {"file": "values", "path": "", "line": 0, "column": 0, "message": problem.detail, "remedy": ""}
        empty: dict[str, Any] = {"valid": False, "notes": [], "services": [], "variables": [], "idle": []}
        return JsonResponse({**empty, "errors": [place]})
    found = compose_check(
        compose=typed.compose,
        values=values,
        files=typed.files,
        secrets=tuple(typed.secrets),
        name=typed.name if application is None else "",
        application=application,
    )
    return JsonResponse(checked_out(found).dict())


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError as error:
        raise NotFound(_("There is no such application.")) from error
    return True


@require_safe
def compose_words(request: HttpRequest) -> JsonResponse:
    """Names and values by where they may stand, for completion."""
    actor_of(request)
    response = JsonResponse({"names": NAMES, "values": VALUES})
    response["Cache-Control"] = "private, max-age=3600"
    return response


@require_safe
def compose_images(request: HttpRequest) -> JsonResponse:
    """Image names of the gallery that begin with or have what is typed."""
    actor = actor_of(request)
    query = request.GET.get("q", "").strip()[:200]
    if len(query) < 2:
        return JsonResponse({"images": []})
    found = search(actor, SearchRequest(q=query))
    names = [image.reference for image in found.images]
    names += [item.name.familiar for answer in found.answers for item in answer.items]
    return JsonResponse({"images": list(dict.fromkeys(names))[:MAX_IMAGES]})
