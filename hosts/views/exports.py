"""Pages of exports: hosts or a solution as files, with tokens of their own if asked."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from hosts.azure.wishes import IMAGES
from hosts.forms.errors import add_problem
from hosts.forms.exports import ExportForm
from hosts.selectors.exportable import Exportable, exportable_hosts, exportable_solution
from hosts.selectors.exports import Shape
from hosts.services.exports import Export, Tokens, export_make
from portal.people.access import Actor, Permission
from portal.people.requests import actor_of
from portal.problems import Problem

from .answers import require_somewhere


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hosts_export(request: HttpRequest) -> HttpResponse:
    """Chosen hosts (`host` of the address or the form, once for each) as files."""
    actor = actor_of(request)
    require_somewhere(actor, Permission.MANAGE_HOSTS)
    given = request.POST if request.method == "POST" else request.GET
    chosen = [found for text in given.getlist("host") if (found := _uuid(text)) is not None]
    try:
        source = exportable_hosts(actor=actor, host_ids=chosen)
    except Problem as problem:
        status = 422 if request.method == "POST" or given.getlist("host") else 200
        return render(request, "hosts/export_none.html", {"problem": problem}, status=status)
    return _answer(request, actor, source, {"chosen": [str(one) for one in chosen]})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def solution_export(request: HttpRequest, solution_id: UUID) -> HttpResponse:
    """A solution as files, with its application."""
    actor = actor_of(request)
    source = exportable_solution(actor=actor, solution_id=solution_id)
    return _answer(request, actor, source, {"solution": source.target})


@sensitive_variables("export")
def _answer(request: HttpRequest, actor: Actor, source: Exportable, extra: dict[str, Any]) -> HttpResponse:
    """The form; what was made is a download, or a page when there are tokens to be read beside it."""
    actor.require(Permission.MANAGE_HOSTS, source.team.pk)
    shape = source.shape(source.name, "")
    data = request.POST if request.method == "POST" else None
    form = ExportForm(data, name=source.name, region=shape.region)
    context = {"form": form, "shape": shape, "kinds": _lines(shape), "team": source.team, **extra}
    if request.method == "POST" and form.is_valid():
        try:
            export = _make(form, source, actor)
        except Problem as problem:
            add_problem(form, problem)
        else:
            if export.tokens and form.cleaned_data["tokens"] == Tokens.APART:
                made = {"export": export, "shape": export.shape, "kinds": _lines(export.shape)}
                return render(request, "hosts/exported.html", {**context, **made})
            return _download(export)
    return render(request, "hosts/export.html", context, status=422 if form.is_bound else 200)


def _make(form: ExportForm, source: Exportable, actor: Actor) -> Export:
    values = form.cleaned_data
    name = values["name"].strip()
    return export_make(
        team=source.team,
        shape=source.shape(name, values["region"].strip().lower()),
        name=name,
        source=source.target,
        actor=actor,
        tokens=Tokens(values["tokens"]),
        ttl_seconds=values["ttl_seconds"],
        reach=source.reach,
        more=source.files,
    )


def _download(export: Export) -> HttpResponse:
    response = HttpResponse(export.zipped(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{export.name}.zip"'
    return response


def _lines(shape: Shape) -> list[dict[str, Any]]:
    """The kinds of machines as the table shows them."""
    return [
        {
            "kind": kind,
            "hosts": shape.hosts.get(kind.wish.role, ()),
            "system": IMAGES[kind.wish.image][1] if kind.wish.image in IMAGES else kind.wish.image,
            "title": kind.wish.role or _("all"),
        }
        for kind in shape.kinds
    ]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
