"""/gallery/collections: the shelves of a team's own gallery."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from gallery.models import Collection
from gallery.picks import Pick, pick_of
from gallery.selectors.favourites import collection_get, collections_visible
from gallery.services.collections import (
    MOST_ITEMS,
    Noted,
    collection_add,
    collection_change,
    collection_remove,
    items_set,
)
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get, team_named

from .favourites import PickOut, pick_out

router = Router()


class ItemIn(Schema):
    """item: "nginx", "ghcr.io/owner/name", "template:hello". note: plain text, what the team says about it."""

    item: Annotated[str, Field(max_length=512)]
    note: Annotated[str, Field(max_length=2000)] = ""


class CollectionIn(Schema):
    """team: slug; may be left out when the token is for one. items: in the order they are shown in."""

    team: Annotated[str, Field(max_length=80)] = ""
    name: Annotated[str, Field(max_length=400)]
    summary: Annotated[str, Field(max_length=1000)] = ""
    items: Annotated[list[ItemIn], Field(max_length=MOST_ITEMS)] = Field(default_factory=list)


class CollectionPatch(Schema):
    """What is left out stays as it is. items: all of them, in order, in place of those that are there."""

    name: Annotated[str, Field(max_length=400)] | None = None
    summary: Annotated[str, Field(max_length=1000)] | None = None
    items: Annotated[list[ItemIn], Field(max_length=MOST_ITEMS)] | None = None


class ItemOut(PickOut):
    note: str


class CollectionOut(Schema):
    """items: in the team's order. place: of the collection among the team's."""

    id: UUID
    team: str
    name: str
    summary: str
    place: int
    created_at: datetime
    items: list[ItemOut]


class CollectionList(Schema):
    items: list[CollectionOut]
    next: str | None


@router.get("/gallery/collections", response=CollectionList, summary="Collections of teams, in their order")
def collections(
    request: HttpRequest, team: str = "", cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> CollectionList:
    actor = actor_of(request)
    rows = collections_visible(actor, team_get(actor, team) if team else None)
    page = page_of(rows, order=["place", "created_at", "id"], cursor=cursor, limit=limit)
    return CollectionList(items=[_out(row) for row in page.items], next=page.next)


@router.post("/gallery/collections", response={201: CollectionOut}, summary="A new collection, after the others")
def collection_new(request: HttpRequest, body: CollectionIn) -> Status[CollectionOut]:
    actor = actor_of(request)
    team, wanted = team_named(actor, body.team), _noted(body.items)
    actor.require(Permission.DEPLOY, team)
    with transaction.atomic():
        made = collection_add(team=team, name=body.name, summary=body.summary, actor=actor)
        if wanted:
            items_set(collection=made, wanted=wanted, actor=actor)
    return Status(201, _out(collection_get(actor, made.pk)))


@router.get("/gallery/collections/{uuid:collection_id}", response=CollectionOut, summary="One collection")
def collection(request: HttpRequest, collection_id: UUID) -> CollectionOut:
    return _out(collection_get(actor_of(request), collection_id))


@router.patch("/gallery/collections/{uuid:collection_id}", response=CollectionOut, summary="Change it, or its items")
def collection_patch(request: HttpRequest, collection_id: UUID, body: CollectionPatch) -> CollectionOut:
    actor = actor_of(request)
    row = collection_get(actor, collection_id)
    actor.require(Permission.DEPLOY, row.team)
    name = row.name if body.name is None else body.name
    summary = row.summary if body.summary is None else body.summary
    wanted = None if body.items is None else _noted(body.items)
    with transaction.atomic():
        collection_change(collection=row, name=name, summary=summary, actor=actor)
        if wanted is not None:
            items_set(collection=row, wanted=wanted, actor=actor)
    return _out(collection_get(actor, collection_id))


@router.delete("/gallery/collections/{uuid:collection_id}", response={204: None}, summary="Take a collection away")
def collection_delete(request: HttpRequest, collection_id: UUID) -> Status[None]:
    actor = actor_of(request)
    collection_remove(collection=collection_get(actor, collection_id), actor=actor)
    return Status(204, None)


def _noted(items: list[ItemIn]) -> list[Noted]:
    return [Noted(pick_of(one.item, field="items"), one.note) for one in items]


def _out(row: Collection) -> CollectionOut:
    return CollectionOut(
        id=row.pk,
        team=row.team.slug,
        name=row.name,
        summary=row.summary,
        place=row.place,
        created_at=row.created_at,
        items=[
            ItemOut(**pick_out(Pick(item.source, item.path)).model_dump(), note=item.note) for item in row.items.all()
        ],
    )
