"""/hosts/{id}/housekeeping: what would go, throwing it away, and the daily schedule."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from hosts.api.rows import command_out
from hosts.api.schemas import CommandOut, Strict
from hosts.models import Housekeeping
from hosts.selectors.hosts import host_get
from hosts.selectors.housekeeping import housekeeping_get
from hosts.services.housekeeping import Sweep, housekeeping_set, prune_preview, prune_start, sweep_clean
from portal.people.requests import actor_of

router = Router()
PATH = "/hosts/{uuid:host_id}/housekeeping"


class SweepIn(Strict):
    """kinds: of containers, dangling-images, unused-images, anonymous-volumes, unused-volumes, networks, build-cache.

    days: only what is older; keep_labels: "name" or "name=value", what has one of them stays.
    """

    kinds: list[str] = Field(max_length=20)
    days: int = 0
    keep_labels: list[str] = Field(default=[], max_length=100)

    def sweep(self) -> Sweep:
        """The same, checked. Raises Invalid."""
        return sweep_clean(kinds=self.kinds, days=self.days, keep_labels=self.keep_labels)


class ScheduleIn(SweepIn):
    """at: of the day, UTC."""

    enabled: bool = True
    at: time = time(3, 0)


class ScheduleOut(Schema):
    """next_run_at: None while it is off or was never made."""

    enabled: bool
    kinds: list[str]
    days: int
    keep_labels: list[str]
    at: time | None
    next_run_at: datetime | None


class PreviewItem(Schema):
    kind: str
    name: str
    size: int


class PreviewKept(PreviewItem):
    why: str


class PreviewOut(Schema):
    """size: bytes that come free; the lists hold the largest 500, counts all."""

    items: list[PreviewItem]
    kept: list[PreviewKept]
    size: int
    counts: dict[str, int]


@router.get(PATH, response=ScheduleOut, summary="The daily schedule")
def schedule(request: HttpRequest, host_id: UUID) -> ScheduleOut:
    actor = actor_of(request)
    return _out(housekeeping_get(actor=actor, host=host_get(actor=actor, host_id=host_id)))


@router.put(PATH, response=ScheduleOut, summary="Make or change the daily schedule")
def schedule_set(request: HttpRequest, host_id: UUID, body: ScheduleIn) -> ScheduleOut:
    actor = actor_of(request)
    host = host_get(actor=actor, host_id=host_id)
    at = body.at.replace(second=0, microsecond=0, tzinfo=None)
    return _out(housekeeping_set(host=host, sweep=body.sweep(), at=at, enabled=body.enabled, actor=actor))


@router.post(PATH + "/preview", response=PreviewOut, summary="What would go now, asked of the host")
def preview(request: HttpRequest, host_id: UUID, body: SweepIn) -> dict[str, Any]:
    actor = actor_of(request)
    return prune_preview(host=host_get(actor=actor, host_id=host_id), sweep=body.sweep(), actor=actor)


@router.post(PATH + "/prune", response={202: CommandOut}, summary="Throw it away; the command's result tells what went")
def prune(request: HttpRequest, host_id: UUID, body: SweepIn) -> Status[CommandOut]:
    actor = actor_of(request)
    host = host_get(actor=actor, host_id=host_id)
    return Status(202, command_out(prune_start(host=host, sweep=body.sweep(), actor=actor)))


def _out(row: Housekeeping | None) -> ScheduleOut:
    if row is None:
        return ScheduleOut(enabled=False, kinds=[], days=0, keep_labels=[], at=None, next_run_at=None)
    return ScheduleOut(
        enabled=row.enabled,
        kinds=row.kinds,
        days=row.days,
        keep_labels=row.keep_labels,
        at=row.at,
        next_run_at=row.next_run if row.enabled else None,
    )
