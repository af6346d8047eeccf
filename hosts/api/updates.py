"""/updates: what runs against what its tags name now."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from hosts.selectors.updates import Update, update_list
from portal.people.requests import actor_of

router = Router()


class UpdatePlaceOut(Schema):
    host: str
    host_name: str
    containers: list[str]


class UpdateOut(Schema):
    """state: update, pulled (the host has the new image already), current, pinned, local, gone or unknown.

    digest: what the tag names now; since: when it was first seen to; newer: the newest tag of the same family.
    """

    reference: str
    state: str
    digest: str
    newer: str
    newer_reference: str
    detail: str
    since: datetime | None
    checked_at: datetime | None
    where: list[UpdatePlaceOut]


class UpdateList(Schema):
    items: list[UpdateOut]
    next: str | None = None


@router.get("/updates", response=UpdateList, summary="Images that run and have something newer")
def updates(request: HttpRequest, every: bool = False) -> UpdateList:
    """every: also what is up to date, pinned, local or not known; at most 500 rows."""
    return UpdateList(items=[_out(one) for one in update_list(actor=actor_of(request), every=every)])


def _out(one: Update) -> UpdateOut:
    return UpdateOut(
        reference=one.reference,
        state=one.state.value,
        digest=one.digest,
        newer=one.newer,
        newer_reference=one.newer_reference,
        detail=one.detail,
        since=one.since,
        checked_at=one.checked_at,
        where=[
            UpdatePlaceOut(host=str(host.pk), host_name=host.name, containers=list(names)) for host, names in one.where
        ],
    )
