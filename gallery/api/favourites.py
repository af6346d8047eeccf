"""/gallery/favourites: what a team has given its star."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from gallery.models import Favourite
from gallery.picks import Pick, pick_of
from gallery.selectors.favourites import favourite_get, favourites_visible
from gallery.services.favourites import favourite_add, favourite_remove
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.access import Permission
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get, team_named

router = Router()


class PickOut(Schema):
    """item: as it is given to this API. template: its slug when it is one, else null, and then the rest names a
    repository as the search does."""

    item: str
    source: str
    namespace: str
    name: str
    reference: str
    template: str | None


class FavouriteIn(Schema):
    """team: slug; may be left out when the token is for one. item: "nginx", "ghcr.io/owner/name", "template:hello"."""

    team: Annotated[str, Field(max_length=80)] = ""
    item: Annotated[str, Field(max_length=512)]


class FavouriteOut(PickOut):
    id: int
    team: str
    created_at: datetime


class FavouriteList(Schema):
    items: list[FavouriteOut]
    next: str | None


@router.get("/gallery/favourites", response=FavouriteList, summary="What teams have given their star")
def favourites(
    request: HttpRequest, team: str = "", cursor: str | None = None, limit: Limit = DEFAULT_LIMIT
) -> FavouriteList:
    actor = actor_of(request)
    rows = favourites_visible(actor, team_get(actor, team) if team else None)
    page = page_of(rows, order=["-created_at", "-id"], cursor=cursor, limit=limit)
    return FavouriteList(items=[_out(row) for row in page.items], next=page.next)


@router.post("/gallery/favourites", response={201: FavouriteOut}, summary="Give a team's star; twice changes nothing")
def favourite_new(request: HttpRequest, body: FavouriteIn) -> Status[FavouriteOut]:
    actor = actor_of(request)
    row = favourite_add(team=team_named(actor, body.team), pick=pick_of(body.item), actor=actor)
    return Status(201, _out(row))


@router.delete("/gallery/favourites/{int:favourite}", response={204: None}, summary="Take a star away")
def favourite_delete(request: HttpRequest, favourite: int) -> Status[None]:
    actor = actor_of(request)
    row = favourite_get(actor, favourite)
    actor.require(Permission.DEPLOY, row.team)
    favourite_remove(team=row.team, pick=Pick(row.source, row.path), actor=actor)
    return Status(204, None)


def pick_out(pick: Pick) -> PickOut:
    """A pick in the API's words."""
    if pick.is_template:
        return PickOut(
            item=str(pick), source=pick.source, namespace="", name=pick.path, reference="", template=pick.path
        )
    name = pick.name
    return PickOut(
        item=str(pick),
        source=pick.source,
        namespace=name.namespace,
        name=name.name,
        reference=name.familiar,
        template=None,
    )


def _out(row: Favourite) -> FavouriteOut:
    pick = pick_out(Pick(row.source, row.path))
    return FavouriteOut(**pick.model_dump(), id=row.pk, team=row.team.slug, created_at=row.created_at)
