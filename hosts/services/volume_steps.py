"""Carrying out a volume run, in a process of its own (`manage.py volume_run ID`).

A run is claimed by raising its attempt; whoever finds another number there stops. It says every second that it is
alive. One that is silent for SILENT is taken on anew by the periodic job, from its beginning: halted containers,
carriers and half a file are cleaned up first.
"""

import asyncio
import logging
import subprocess
import sys
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from hosts import live
from hosts.engine_calls import EngineLine, engine_line
from hosts.engine_calls.line import Opener
from hosts.gateway.streams import open_stream
from hosts.models import VolumeBackup, VolumeRun
from hosts.models.volumes import RunKind, RunState
from hosts.services.volume_runs import run_topics
from hosts.volume_carry.archive import ArchiveFile, digest_of
from hosts.volume_carry.carrier import carrier_clear, volume_drop
from hosts.volume_carry.halting import halt, resume
from hosts.volume_carry.moving import Destination, Meter, volume_across, volume_in, volume_out, volume_require
from portal.people.access import portal_actor
from portal.people.services.audit import DONE, FAILED, audit_record
from portal.problems import NotFound, Problem, Refused, Unavailable

BEAT_SECONDS = 1.0
SILENT = timedelta(seconds=60)
MAX_ATTEMPTS = 5
AGAIN = timedelta(seconds=20)
GIB = 1024**3

log = logging.getLogger(__name__)


class Superseded(Exception):
    """Another process has taken the run on."""


class Cancelled(Problem):
    """Somebody asked for its end."""

    code = "run-cancelled"
    title = "It was cancelled"


def backup_path(backup_id: UUID | str, team_id: int) -> Path:
    """Where the file of a backup lies on this node."""
    return Path(settings.BACKUP_DIR) / str(team_id) / f"{backup_id}.tar"


def room_left(team_id: int) -> int:
    """Bytes that a team may still keep."""
    used = VolumeBackup.objects.filter(team_id=team_id).aggregate(sum=Sum("size"))["sum"] or 0
    return max(0, settings.BACKUP_TEAM_GIB * GIB - int(used))


def runs_due() -> list[UUID]:
    """Runs that no process works on: waiting ones whose time has come, and silent ones. At most what fits at once."""
    now = timezone.now()
    silent = Q(state=RunState.RUNNING, seen_at__lt=now - SILENT)
    VolumeRun.objects.filter(silent).update(state=RunState.WAITING, next_at=now)
    working = VolumeRun.objects.filter(state=RunState.RUNNING).count()
    rows = VolumeRun.objects.filter(state=RunState.WAITING, next_at__lte=now).order_by("created_at")
    return list(rows.values_list("pk", flat=True)[: max(0, settings.BACKUP_AT_ONCE - working)])


def run_spawn(*, run_id: UUID) -> None:
    """A process for one run, which outlives the job that starts it. It claims the run itself."""
    words = [sys.executable, str(settings.BASE_DIR / "manage.py"), "volume_run", str(run_id)]
    subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True)


def run_carry(*, run_id: UUID, opener: Opener = open_stream) -> str:
    """Do it, from the claim to its end; the state afterwards."""
    run = _claim(run_id)
    if run is None:
        return ""
    try:
        asyncio.run(_watched(run, opener))
        end, error = RunState.SUCCEEDED, ""
    except Superseded:
        return ""
    except Cancelled as problem:
        end, error = RunState.CANCELLED, problem.detail
    except Unavailable as problem:
        if run.attempt < MAX_ATTEMPTS:
            return _wait(run, problem.detail)
        end, error = RunState.FAILED, problem.detail
    except Problem as problem:
        end, error = RunState.FAILED, problem.detail
    except Exception:
        log.exception("The run %s of volume %s broke", run.pk, run.volume)
        end, error = RunState.FAILED, "Something went wrong in the portal; its log says what."
    return _end(run, end, error, opener)


def _claim(run_id: UUID) -> VolumeRun | None:
    now = timezone.now()
    rows = VolumeRun.objects.filter(pk=run_id, state=RunState.WAITING, next_at__lte=now)
    if not rows.update(state=RunState.RUNNING, attempt=F("attempt") + 1, seen_at=now, error="", done_bytes=0):
        return None
    run = VolumeRun.objects.select_related("host", "to_host", "team", "backup").get(pk=run_id)
    live.publish(run_topics(run))
    return run


def _mine(run: VolumeRun) -> dict[str, Any]:
    return {"pk": run.pk, "attempt": run.attempt, "state": RunState.RUNNING}


def _beat(run: VolumeRun, done: int) -> None:
    """Say that it is alive. Raises Superseded, Cancelled."""
    moved = done != run.done_bytes
    if not VolumeRun.objects.filter(**_mine(run)).update(seen_at=timezone.now(), done_bytes=done):
        raise Superseded
    run.done_bytes = done
    if moved:
        live.publish(run_topics(run))
    if VolumeRun.objects.filter(pk=run.pk, cancel_asked=True).exists():
        raise Cancelled("Somebody asked for its end.")


async def _watched(run: VolumeRun, opener: Opener) -> None:
    """The work, beside the beat that ends it when somebody wants it ended; then what was halted goes on."""
    meter = Meter()
    work: asyncio.Task[None] | None = None
    try:
        await sync_to_async(_beat)(run, 0)
        work = asyncio.create_task(_work(run, meter, opener))
        while not (await asyncio.wait([work], timeout=BEAT_SECONDS))[0]:
            await sync_to_async(_beat)(run, meter.done)
        await work
        await sync_to_async(_beat)(run, meter.done)
    except Superseded:
        await _stopped(work)
        raise
    except BaseException:
        await _stopped(work)
        await _tidy(run, opener)
        raise
    await _tidy(run, opener)


async def _stopped(work: "asyncio.Task[None] | None") -> None:
    if work is not None:
        work.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await work


async def _work(run: VolumeRun, meter: Meter, opener: Opener) -> None:
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(engine_line(run.host_id, opener=opener))
        name = f"pierhead-carrier-{run.pk}"
        await carrier_clear(line, name)
        if run.halt:
            await _halt(run, line, opener)
        if run.kind == RunKind.BACKUP:
            await _backup(run, line, name, meter)
        elif run.kind == RunKind.RESTORE:
            await volume_in(line, await _destination(run), name, await sync_to_async(_kept)(run), meter)
        elif run.to_host_id is not None:
            to = await stack.enter_async_context(engine_line(run.to_host_id, opener=opener))
            await carrier_clear(to, name)
            like = await volume_require(line, run.volume)
            await volume_across(line, run.volume, to, await _destination(run, like), name, meter)


async def _halt(run: VolumeRun, line: EngineLine, opener: Opener) -> None:
    async def note(cids: list[str]) -> None:
        run.halted = sorted({*run.halted, *cids})
        await VolumeRun.objects.filter(pk=run.pk).aupdate(halted=run.halted)

    await halt(line, run.volume, run.halt, note=note)


async def _backup(run: VolumeRun, line: EngineLine, name: str, meter: Meter) -> None:
    known = await volume_require(line, run.volume)
    room = await sync_to_async(room_left)(run.team_id)
    file = ArchiveFile(backup_path(run.pk, run.team_id), compress=run.compress, limit=room)
    try:
        digest = await volume_out(line, run.volume, name, file, meter)
    finally:
        file.drop()
    await sync_to_async(_keep)(run, file.size, digest, known.get("Labels") or {})


def _keep(run: VolumeRun, size: int, digest: str, labels: dict[str, str]) -> None:
    days = settings.BACKUP_DAYS
    now = timezone.now()
    with transaction.atomic():
        backup, _made = VolumeBackup.objects.update_or_create(
            pk=run.pk,
            defaults={
                "team": run.team,
                "host_name": run.host.name,
                "volume": run.volume,
                "labels": labels,
                "compressed": run.compress,
                "size": size,
                "digest": digest,
                "created_by": run.created_by,
                "expires_at": now + timedelta(days=days) if days else None,
            },
        )
        VolumeRun.objects.filter(pk=run.pk).update(backup=backup)


def _kept(run: VolumeRun) -> Path:
    """The file to restore, checked before anything is touched. Raises NotFound, Refused."""
    if run.backup is None:
        raise NotFound("The backup was deleted meanwhile.")
    path = backup_path(run.backup.pk, run.team_id)
    if not path.is_file():
        raise NotFound("The file of the backup is not in the data directory of this node.")
    if digest_of(path) != run.backup.digest:
        raise Refused("The file of the backup is not what was written: it is damaged. Nothing was changed.")
    return path


async def _destination(run: VolumeRun, like: dict[str, object] | None = None) -> Destination:
    async def making() -> None:
        run.made = True
        await VolumeRun.objects.filter(pk=run.pk).aupdate(made=True)

    labels = run.backup.labels if run.backup else {}
    known = {"Driver": "local", "Labels": labels} if like is None else like
    volume = run.to_volume if run.kind == RunKind.COPY else run.volume
    return Destination(volume, dict(known), run.overwrite or run.made, making)


async def _tidy(run: VolumeRun, opener: Opener) -> None:
    """Let go on what was halted. A host that is away gets it with the next attempt."""
    if not run.halted:
        return
    async with engine_line(run.host_id, opener=opener) as line:
        run.halted = await resume(line, run.halted, run.halt)
    await VolumeRun.objects.filter(pk=run.pk).aupdate(halted=run.halted)


def _wait(run: VolumeRun, why: str) -> str:
    again = timezone.now() + AGAIN * run.attempt
    VolumeRun.objects.filter(**_mine(run)).update(state=RunState.WAITING, next_at=again, error=why)
    live.publish(run_topics(run))
    return RunState.WAITING


def _end(run: VolumeRun, state: str, error: str, opener: Opener) -> str:
    if state != RunState.SUCCEEDED and run.made:
        asyncio.run(_unmake(run, opener))
    if run.halted:
        names = ", ".join(cid[:12] for cid in run.halted)
        error = f"{error} These containers were halted for it and still are: {names}.".strip()
    with transaction.atomic():
        rows = VolumeRun.objects.filter(**_mine(run))
        if not rows.update(state=state, error=error, finished_at=timezone.now()):
            return ""
        audit_record(
            actor=portal_actor(),
            action=f"volume.{run.kind}-end",
            team=run.team,
            target=run,
            detail={"state": str(state), "bytes": run.done_bytes, "error": error[:300]},
            result=DONE if state == RunState.SUCCEEDED else FAILED,
        )
        live.publish([*run_topics(run), "home"])
    return state


async def _unmake(run: VolumeRun, opener: Opener) -> None:
    """Half a volume that was not there before is of no use to anybody."""
    host_id, name = (run.to_host_id, run.to_volume) if run.kind == RunKind.COPY else (run.host_id, run.volume)
    if host_id is None:
        return
    with suppress(Problem):
        async with engine_line(host_id, opener=opener) as line:
            await volume_drop(line, name)
