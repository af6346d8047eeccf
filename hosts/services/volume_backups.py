"""The kept files: uploaded, deleted, expired."""

import os
import shutil
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from hosts import live
from hosts.models import VolumeBackup
from hosts.models.volumes import OPEN_RUNS
from hosts.services.volume_steps import GIB, backup_path, room_left
from hosts.volume_carry.archive import archive_check, digest_of
from portal.people.access import Actor, Permission, portal_actor
from portal.people.models import Team
from portal.people.services.audit import audit_record, permission_require
from portal.problems import Conflict, Invalid, Refused

ORPHAN_SECONDS = 86_400.0
HELD = 4  # times the room of a team: what an uploaded archive may hold unpacked


def backup_upload(*, team: Team, volume: str, file: "UploadedFile[Any] | None", actor: Actor) -> VolumeBackup:
    """Keep a tar archive of somebody's own as a backup. Raises Invalid, Refused, NotAllowed."""
    permission_require(actor=actor, permission=Permission.OPERATE, team=team, action="volume.upload")
    name = volume.strip()
    if not 2 <= len(name) <= 255 or not name.replace("_", "").replace(".", "").replace("-", "").isalnum():
        raise Invalid("Say of which volume it is.", fields={"volume": ["Give the name of a volume."]})
    if file is None or file.file is None:
        raise Invalid("Choose a file.", fields={"file": ["Choose a file."]})
    size = file.size or 0
    if size > room_left(team.pk):
        raise Refused("The backups of this team have no more room. Delete some first.", code="backup-room")
    compressed = archive_check(file.file, limit=HELD * settings.BACKUP_TEAM_GIB * GIB)
    key = uuid.uuid4()
    path = backup_path(key, team.pk)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(path, "wb", opener=_private) as kept:
        shutil.copyfileobj(file.file, kept, 1024 * 1024)
    with transaction.atomic():
        backup = VolumeBackup.objects.create(
            pk=key,
            team=team,
            volume=name,
            compressed=compressed,
            size=path.stat().st_size,
            digest=digest_of(path),
            created_by=actor.user,
            expires_at=timezone.now() + timedelta(days=settings.BACKUP_DAYS) if settings.BACKUP_DAYS else None,
        )
        audit_record(actor=actor, action="volume.upload", team=team, target=backup, detail={"size": size})
        live.publish([f"volumes:{team.pk}"])
    return backup


def backup_delete(*, backup: VolumeBackup, actor: Actor) -> None:
    """Delete the file for good. Raises Conflict while it is being restored."""
    permission_require(
        actor=actor, permission=Permission.MANAGE_HOSTS, team=backup.team, action="volume.backup-delete", target=backup
    )
    with transaction.atomic():
        if backup.runs.filter(state__in=OPEN_RUNS).exists():
            raise Conflict("It is being restored. Wait for the end of that, or cancel it.", code="backup-busy")
        audit_record(actor=actor, action="volume.backup-delete", team=backup.team, target=backup)
        live.publish([f"volumes:{backup.team_id}"])
        path = backup_path(backup.pk, backup.team_id)
        backup.delete()
        transaction.on_commit(lambda: path.unlink(missing_ok=True))


def backup_taken(*, backup: VolumeBackup, actor: Actor) -> None:
    """Somebody downloads it: allowed, and in the audit."""
    permission_require(
        actor=actor, permission=Permission.OPERATE, team=backup.team, action="volume.download", target=backup
    )
    audit_record(actor=actor, action="volume.download", team=backup.team, target=backup)


def backups_expire() -> int:
    """Delete what has been kept long enough; how many."""
    gone = 0
    rows = VolumeBackup.objects.filter(expires_at__lt=timezone.now()).exclude(runs__state__in=OPEN_RUNS)
    for backup in rows.select_related("team"):
        backup_delete(backup=backup, actor=portal_actor("Retention"))
        gone += 1
    _orphans_drop()
    return gone


def _orphans_drop() -> None:
    """Files of teams that are gone, and halves that nobody goes on with."""
    old = time.time() - ORPHAN_SECONDS
    for path in Path(settings.BACKUP_DIR).glob("*/*.tar*"):
        key = path.name.partition(".")[0]
        if path.stat().st_mtime < old and not VolumeBackup.objects.filter(pk=key).exists():
            path.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
