"""A team's own gallery: its collections in order, with notes, and its favourites."""

from typing import Literal, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from gallery.forms.collections import CollectionForm, ItemForm
from gallery.picks import pick_of
from gallery.search import fits_once
from gallery.selectors.favourites import (
    collection_get,
    collections_visible,
    favourites_visible,
    lines_of,
    shelf_of,
)
from gallery.services.collections import (
    collection_add,
    collection_change,
    collection_move,
    collection_remove,
    item_add,
    item_move,
    item_note,
    item_remove,
)
from portal.people.access import Permission
from portal.people.form_problems import add_problem
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get
from portal.problems import Invalid, Problem

from .asked import page_context

Step = Literal["up", "down"]
MANY = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(MANY)
def team_gallery(request: HttpRequest, slug: str) -> HttpResponse:
    """The curated page; its POST makes a collection."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    form = CollectionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        actor.require(Permission.DEPLOY, team)
        if form.is_valid():
            try:
                made = collection_add(
                    team=team, name=form.cleaned_data["name"], summary=form.cleaned_data["summary"], actor=actor
                )
            except Problem as problem:
                _at_fields(form, problem)
            else:
                return redirect("gallery:collection", team.slug, made.pk)
    fits_of = fits_once(actor)
    context = page_context(request) | {
        "team": team,
        "shelves": [shelf_of(actor, one, fits_of) for one in collections_visible(actor, team)],
        "favourites": lines_of(actor, favourites_visible(actor, team), fits_of),
        "curates": actor.can(Permission.DEPLOY, team),
        "manages": actor.can(Permission.MANAGE_TEAM, team),
        "form": form,
    }
    return render(request, "gallery/team_gallery.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(MANY)
def collection_page(request: HttpRequest, slug: str, collection_id: UUID) -> HttpResponse:
    """One collection to be edited; its POST changes name and summary."""
    return _edited(request, slug, collection_id, changes=request.method == "POST")


@require_POST
def collection_put(request: HttpRequest, slug: str, collection_id: UUID) -> HttpResponse:
    """Put something on the shelf."""
    return _edited(request, slug, collection_id, adds=True)


def _edited(
    request: HttpRequest, slug: str, collection_id: UUID, *, changes: bool = False, adds: bool = False
) -> HttpResponse:
    actor = actor_of(request)
    team = team_get(actor, slug)
    actor.require(Permission.DEPLOY, team)
    collection = collection_get(actor, collection_id, team)
    names = {"name": collection.name, "summary": collection.summary}
    form = CollectionForm(request.POST if changes else None, initial=names)
    adding = ItemForm(request.POST if adds else None, initial={"item": request.GET.get("item", "")[:512]})
    bound = form if changes else adding
    if bound.is_bound and bound.is_valid():
        data = bound.cleaned_data
        try:
            if changes:
                collection_change(collection=collection, name=data["name"], summary=data["summary"], actor=actor)
            else:
                item_add(collection=collection, pick=pick_of(data["item"]), note=data["note"], actor=actor)
        except Problem as problem:
            _at_fields(bound, problem)
        else:
            messages.success(request, _("Kept."))
            return redirect("gallery:collection", team.slug, collection.pk)
    shelf = shelf_of(actor, collection_get(actor, collection_id, team), fits_once(actor))
    context = page_context(request) | {"team": team, "shelf": shelf, "form": form, "adding": adding}
    return render(request, "gallery/collection.html", context, status=422 if bound.is_bound else 200)


@require_POST
def collection_act(request: HttpRequest, slug: str, collection_id: UUID) -> HttpResponse:
    """`act`: up, down or remove."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    collection = collection_get(actor, collection_id, team)
    act = _act(request, ("up", "down", "remove"))
    if act == "remove":
        collection_remove(collection=collection, actor=actor)
        messages.success(request, _("The collection %(name)s is gone.") % {"name": collection})
    else:
        collection_move(collection=collection, step=cast(Step, act), actor=actor)
    return redirect("gallery:team", team.slug)


@require_POST
def item_act(request: HttpRequest, slug: str, collection_id: UUID, item: int) -> HttpResponse:
    """`act`: up, down, remove, or note with the field `note`."""
    actor = actor_of(request)
    team = team_get(actor, slug)
    collection = collection_get(actor, collection_id, team)
    act = _act(request, ("up", "down", "remove", "note"))
    if act == "remove":
        item_remove(collection=collection, item=item, actor=actor)
    elif act == "note":
        item_note(collection=collection, item=item, note=request.POST.get("note", ""), actor=actor)
    else:
        item_move(collection=collection, item=item, step=cast(Step, act), actor=actor)
    return redirect("gallery:collection", team.slug, collection.pk)


def _act(request: HttpRequest, allowed: tuple[str, ...]) -> str:
    act = request.POST.get("act", "")
    if act not in allowed:
        message = _("Say what to do: one of %(words)s.") % {"words": ", ".join(allowed)}
        raise Invalid(message, fields={"act": [message]})
    return act


def _at_fields(form: CollectionForm | ItemForm, problem: Problem) -> None:
    if not problem.fields:
        raise problem
    add_problem(form, problem)
