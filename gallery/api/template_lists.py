"""/gallery/template-lists: lists of templates that others publish by URL."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from gallery.lists.reading import differences
from gallery.models import TemplateList
from gallery.selectors.listed import list_get, lists_visible
from gallery.services.template_lists import (
    entries_of,
    list_add,
    list_leave,
    list_refresh,
    list_remove,
    list_take_over,
)
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_named

router = Router()
ONE = "/gallery/template-lists/{uuid:list_id}"


class ListIn(Schema):
    """team: slug; may be left out when the token is for one. url: of a templates.json, format 2 or 3."""

    team: Annotated[str, Field(max_length=80)] = ""
    title: Annotated[str, Field(max_length=100)]
    url: Annotated[str, Field(max_length=500)]


class ListOut(Schema):
    """waiting: what would change when what was fetched is taken over: {added, changed, removed}, each {name, title},
    of a changed one also `parts`; null when nothing waits. problem: why the last try failed."""

    id: UUID
    team: str
    title: str
    url: str
    templates: int
    waiting: dict[str, list[dict[str, Any]]] | None
    problem: str
    fetched_at: datetime | None
    checked_at: datetime | None


class ListList(Schema):
    items: list[ListOut]
    next: str | None = None


class Taken(Schema):
    added: int
    changed: int
    removed: int


@router.get("/gallery/template-lists", response=ListList, summary="Lists of templates of my teams")
def template_lists(request: HttpRequest) -> ListList:
    return ListList(items=[_out(row) for row in lists_visible(actor_of(request))])


@router.post("/gallery/template-lists", response={201: ListOut}, summary="Add a list; it is not fetched yet")
def template_list_new(request: HttpRequest, body: ListIn) -> Status[ListOut]:
    actor = actor_of(request)
    row = list_add(team=team_named(actor, body.team), title=body.title, url=body.url, actor=actor)
    return Status(201, _out(row))


@router.get(ONE, response=ListOut, summary="One list, with what would change")
def template_list(request: HttpRequest, list_id: UUID) -> ListOut:
    return _out(list_get(actor_of(request), list_id))


@router.post(ONE + "/refresh", response=ListOut, summary="Fetch it now; nothing is replaced")
def template_list_refresh(request: HttpRequest, list_id: UUID) -> ListOut:
    actor = actor_of(request)
    return _out(list_refresh(row=list_get(actor, list_id), actor=actor))


@router.post(ONE + "/take-over", response=Taken, summary="Take over what waits")
def template_list_take(request: HttpRequest, list_id: UUID) -> Taken:
    actor = actor_of(request)
    return Taken(**list_take_over(row=list_get(actor, list_id), actor=actor))


@router.post(ONE + "/leave", response=ListOut, summary="Let what waits go")
def template_list_leave(request: HttpRequest, list_id: UUID) -> ListOut:
    actor = actor_of(request)
    row = list_get(actor, list_id)
    list_leave(row=row, actor=actor)
    return _out(row)


@router.delete(ONE, response={204: None}, summary="Forget a list and its templates")
def template_list_delete(request: HttpRequest, list_id: UUID) -> Status[None]:
    actor = actor_of(request)
    list_remove(row=list_get(actor, list_id), actor=actor)
    return Status(204, None)


def _out(row: TemplateList) -> ListOut:
    return ListOut(
        id=row.pk,
        team=row.team.slug,
        title=row.title,
        url=row.url,
        templates=row.templates.count(),
        waiting=None if row.pending is None else differences(entries_of(row), row.pending),
        problem=row.problem,
        fetched_at=row.fetched_at,
        checked_at=row.checked_at,
    )
