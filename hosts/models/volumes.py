"""Backups of volumes, and the runs that make them, restore them and copy volumes between hosts."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.people.models import Team, User

from .hosts import Host


class VolumeBackup(models.Model):
    """A file in the data directory. size: bytes of it; digest: its sha256 in hex; labels: of the volume.

    expires_at: when it is deleted by itself, None for never. host_name outlives the host.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="volume_backups")
    host_name = models.CharField(max_length=120, blank=True)
    volume = models.CharField(max_length=255)
    labels = models.JSONField(default=dict)
    compressed = models.BooleanField(default=False)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def file_name(self) -> str:
        """What a downloaded file is called."""
        end = "tar.gz" if self.compressed else "tar"
        return f"{self.volume}-{self.created_at:%Y%m%d-%H%M%S}.{end}"


class RunKind(models.TextChoices):
    """What is done with the volume."""

    BACKUP = "backup", _("Backup")
    RESTORE = "restore", _("Restore")
    COPY = "copy", _("Copy")


class RunState(models.TextChoices):
    """waiting: for a process that does it, at first or again after an interruption."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN_RUNS = (RunState.WAITING, RunState.RUNNING)


class Halt(models.TextChoices):
    """What happens meanwhile to the containers that use the volume."""

    NONE = "", _("Leave them running")
    PAUSE = "pause", _("Pause them")
    STOP = "stop", _("Stop them, and start them again")


class VolumeRun(models.Model):
    """One backup, restore or copy. It is the truth about what is under way: a process may die at any point.

    host, volume: what is read (backup, copy) or written (restore); to_host, to_volume: of a copy.
    halted: ids of containers that are to go on when it ends. made: the destination was not there before.
    attempt: counts the processes that took it on; seen_at: when the last of them was heard of.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="volume_runs")
    kind = models.CharField(max_length=10, choices=RunKind.choices)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.WAITING, db_index=True)
    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="volume_runs")
    volume = models.CharField(max_length=255)
    to_host = models.ForeignKey(Host, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    to_volume = models.CharField(max_length=255, blank=True)
    backup = models.ForeignKey(VolumeBackup, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs")
    halt = models.CharField(max_length=6, choices=Halt.choices, default=Halt.NONE, blank=True)
    compress = models.BooleanField(default=True)
    overwrite = models.BooleanField(default=False)
    made = models.BooleanField(default=False)
    halted = models.JSONField(default=list)
    done_bytes = models.BigIntegerField(default=0)
    total_bytes = models.BigIntegerField(null=True, blank=True)
    cancel_asked = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    attempt = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.volume}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_RUNS

    @property
    def percent(self) -> int | None:
        """How far it is; None where nobody knows the whole."""
        return min(100, self.done_bytes * 100 // self.total_bytes) if self.total_bytes else None
