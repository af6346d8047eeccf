"""How the hosts pages answer: pages of rows, and the end of an action."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from portal.paging import Page, page_of
from portal.people.access import Actor, Permission
from portal.people.models import Team

M = TypeVar("M", bound=Model)

PAGE_ROWS = 50


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks, not for a whole page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def rows_page(request: HttpRequest, rows: "QuerySet[M]", *, order: Sequence[str]) -> Page[M]:
    """The page of `rows` that the address asks for by `cursor`."""
    return page_of(rows, order=order, cursor=request.GET.get("cursor") or None, limit=PAGE_ROWS)


def filters_of(request: HttpRequest) -> dict[str, str]:
    """The filters in the address, without the cursor and without empty ones."""
    return {name: str(value) for name, value in request.GET.items() if value and name != "cursor"}


def live_query(request: HttpRequest) -> str:
    """The query that a live fragment needs to show what the page shows, with its "?"; empty without one."""
    query = urlencode({name: value for name, value in request.GET.items() if value})
    return f"?{query}" if query else ""


def done(request: HttpRequest, where: str, message: str) -> HttpResponse:
    """After a change: the message on the page at `where`. htmx is sent there too, so both ways look the same."""
    messages.success(request, message)
    if is_htmx(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = where
        return response
    return HttpResponseRedirect(where)


def teams_where(actor: Actor, permission: Permission) -> "QuerySet[Team]":
    """Teams in which the actor may do it."""
    ids = actor.team_ids(permission)
    return Team.objects.all() if ids is None else Team.objects.filter(pk__in=ids)


def require_somewhere(actor: Actor, permission: Permission) -> None:
    """Raise NotAllowed unless some team permits it."""
    ids = actor.team_ids(permission)
    if ids is not None and not ids:
        own = next(iter(actor.roles), None)
        actor.require(permission, own if own is not None else -1)


def tab_list(current: str, tabs: Sequence[tuple[str, Any, str, int | None]]) -> list[Mapping[str, Any]]:
    """Tabs as templates show them: key, label, address, count, and whether it is the open one."""
    return [
        {"key": key, "label": label, "url": url, "count": count, "current": key == current}
        for key, label, url, count in tabs
    ]
