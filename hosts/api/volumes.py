"""Volumes: who uses them; backups, restores and copies, which go on by themselves and are asked about."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import File, Form, Router, Schema, Status, UploadedFile
from pydantic import Field

from hosts.api.schemas import Strict
from hosts.models import VolumeBackup, VolumeRun
from hosts.selectors.hosts import host_get
from hosts.selectors.volumes import backup_get, backup_list, run_get, run_list, uses_of, volume_get
from hosts.services.volume_backups import backup_delete, backup_upload
from hosts.services.volume_runs import Place, backup_start, copy_start, restore_start, run_cancel
from hosts.views.volume_files import backup_answer
from portal.paging import DEFAULT_LIMIT, Limit, page_of
from portal.people.requests import actor_of
from portal.people.selectors.teams import team_get

router = Router()
VOLUME = "/hosts/{uuid:host_id}/volumes/{name}"
Halt = Literal["", "pause", "stop"]


class HaltIn(Strict):
    """halt: what happens meanwhile to the containers that use the volume; empty leaves them running."""

    halt: Halt = ""


class BackupIn(HaltIn):
    compress: bool = True


class PlaceIn(HaltIn):
    """Where to. overwrite: the volume may be there, and loses what is in it; for who manages hosts."""

    host: UUID
    name: str = Field(max_length=255)
    overwrite: bool = False


class UseOut(Schema):
    container: str
    name: str
    state: str
    target: str
    writable: bool


class VolumeDetail(Schema):
    name: str
    driver: str
    labels: dict[str, str]
    created_at: datetime | None
    observed_at: datetime
    used_by: list[UseOut]


class BackupOut(Schema):
    id: UUID
    team: str
    host: str
    volume: str
    compressed: bool
    size: int
    sha256: str
    created_at: datetime
    expires_at: datetime | None


class RunOut(Schema):
    """total_bytes: None where it is not known; error: why it waits or failed."""

    id: UUID
    kind: str
    state: str
    host: UUID
    volume: str
    to_host: UUID | None
    to_volume: str
    backup: UUID | None
    halt: str
    done_bytes: int
    total_bytes: int | None
    error: str
    created_at: datetime
    finished_at: datetime | None


class BackupPage(Schema):
    items: list[BackupOut]
    next: str | None


class RunPage(Schema):
    items: list[RunOut]
    next: str | None


@router.get(VOLUME, response=VolumeDetail, summary="A volume and who uses it")
def volume_detail(request: HttpRequest, host_id: UUID, name: str) -> VolumeDetail:
    row = volume_get(actor=actor_of(request), host_id=host_id, name=name)
    uses = [
        UseOut(
            container=use.container.cid,
            name=use.container.name,
            state=use.container.state,
            target=use.target,
            writable=use.writable,
        )
        for use in uses_of([row])[0].uses
    ]
    return VolumeDetail(
        name=row.name,
        driver=row.driver,
        labels=row.labels,
        created_at=row.created,
        observed_at=row.observed_at,
        used_by=uses,
    )


@router.post(f"{VOLUME}/backups", response={202: RunOut}, summary="Keep what is in a volume as a file")
def volume_backup(request: HttpRequest, host_id: UUID, name: str, body: BackupIn) -> Status[RunOut]:
    actor = actor_of(request)
    volume = volume_get(actor=actor, host_id=host_id, name=name)
    return Status(202, _run(backup_start(volume=volume, halt=body.halt, compress=body.compress, actor=actor)))


@router.post(f"{VOLUME}/copies", response={202: RunOut}, summary="Copy a volume to another host or name")
def volume_copy(request: HttpRequest, host_id: UUID, name: str, body: PlaceIn) -> Status[RunOut]:
    actor = actor_of(request)
    volume = volume_get(actor=actor, host_id=host_id, name=name)
    to = Place(host_get(actor=actor, host_id=body.host), body.name)
    return Status(202, _run(copy_start(volume=volume, to=to, overwrite=body.overwrite, halt=body.halt, actor=actor)))


@router.get("/volume-backups", response=BackupPage, summary="Kept files")
def backups(request: HttpRequest, q: str = "", cursor: str | None = None, limit: Limit = DEFAULT_LIMIT) -> BackupPage:
    rows = backup_list(actor=actor_of(request), query=q)
    page = page_of(rows, order=["-created_at", "id"], cursor=cursor, limit=limit)
    return BackupPage(items=[_backup(row) for row in page.items], next=page.next)


@router.post("/volume-backups", response={201: BackupOut}, summary="Upload a tar archive as a backup")
def backup_send(
    request: HttpRequest, team: Form[str], volume: Form[str], file: File[UploadedFile]
) -> Status[BackupOut]:
    actor = actor_of(request)
    found = team_get(actor, team)
    return Status(201, _backup(backup_upload(team=found, volume=volume, file=file, actor=actor)))


@router.get("/volume-backups/{uuid:backup_id}/file", summary="The file itself; a Range may be asked for")
def backup_file(request: HttpRequest, backup_id: UUID) -> HttpResponseBase:
    return backup_answer(request, backup_id)


@router.delete("/volume-backups/{uuid:backup_id}", response={204: None}, summary="Delete a kept file for good")
def backup_remove(request: HttpRequest, backup_id: UUID) -> Status[None]:
    actor = actor_of(request)
    backup_delete(backup=backup_get(actor=actor, backup_id=backup_id), actor=actor)
    return Status(204, None)


@router.post("/volume-backups/{uuid:backup_id}/restores", response={202: RunOut}, summary="Fill a volume with it")
def backup_restore(request: HttpRequest, backup_id: UUID, body: PlaceIn) -> Status[RunOut]:
    actor = actor_of(request)
    backup = backup_get(actor=actor, backup_id=backup_id)
    to = Place(host_get(actor=actor, host_id=body.host), body.name)
    run = restore_start(backup=backup, to=to, overwrite=body.overwrite, halt=body.halt, actor=actor)
    return Status(202, _run(run))


@router.get("/volume-runs", response=RunPage, summary="Backups, restores and copies, newest first")
def runs(request: HttpRequest, cursor: str | None = None, limit: Limit = DEFAULT_LIMIT) -> RunPage:
    page = page_of(run_list(actor=actor_of(request)), order=["-created_at", "id"], cursor=cursor, limit=limit)
    return RunPage(items=[_run(row) for row in page.items], next=page.next)


@router.get("/volume-runs/{uuid:run_id}", response=RunOut, summary="How one stands")
def run_detail(request: HttpRequest, run_id: UUID) -> RunOut:
    return _run(run_get(actor=actor_of(request), run_id=run_id))


@router.post("/volume-runs/{uuid:run_id}/cancel", response={202: RunOut}, summary="End it soon")
def run_stop(request: HttpRequest, run_id: UUID) -> Status[RunOut]:
    actor = actor_of(request)
    return Status(202, _run(run_cancel(run=run_get(actor=actor, run_id=run_id), actor=actor)))


def _backup(row: VolumeBackup) -> BackupOut:
    return BackupOut(
        id=row.pk,
        team=row.team.slug,
        host=row.host_name,
        volume=row.volume,
        compressed=row.compressed,
        size=row.size,
        sha256=row.digest,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def _run(row: VolumeRun) -> RunOut:
    names = ("kind", "state", "volume", "to_volume", "halt", "done_bytes", "total_bytes", "error")
    return RunOut(
        id=row.pk,
        host=row.host_id,
        to_host=row.to_host_id,
        backup=row.backup_id,
        created_at=row.created_at,
        finished_at=row.finished_at,
        **{name: getattr(row, name) for name in names},
    )
