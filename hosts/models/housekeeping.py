"""Housekeeping: what a host throws away by itself, and when."""

from datetime import UTC, datetime, time, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .hosts import Host


class PruneKind(models.TextChoices):
    """What can be thrown away, in the words of the wire."""

    CONTAINERS = "containers", _("Stopped containers")
    DANGLING = "dangling-images", _("Images without a tag")
    UNUSED_IMAGES = "unused-images", _("Unused images")
    ANONYMOUS_VOLUMES = "anonymous-volumes", _("Unused volumes without a name")
    UNUSED_VOLUMES = "unused-volumes", _("Unused volumes, named ones too")
    NETWORKS = "networks", _("Unused networks")
    CACHE = "build-cache", _("Build cache")


VOLUME_KINDS = frozenset({PruneKind.ANONYMOUS_VOLUMES, PruneKind.UNUSED_VOLUMES})  # what they held is gone for good


class Housekeeping(models.Model):
    """The schedule of one host: every day at `at` (UTC), `kinds` that are older than `days`.

    counted_from: the last run, or when the schedule was made; the next run is the first `at` after it.
    """

    host = models.OneToOneField(Host, on_delete=models.CASCADE, related_name="housekeeping")
    enabled = models.BooleanField(default=True)
    kinds = models.JSONField(default=list)
    days = models.PositiveIntegerField(default=7)
    keep_labels = models.JSONField(default=list, blank=True)
    at = models.TimeField(default=time(3, 0))
    counted_from = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"housekeeping of {self.host}"

    @property
    def next_run(self) -> datetime:
        """When it is due next; in the past when it is due now."""
        day = self.counted_from.astimezone(UTC)
        due = day.replace(hour=self.at.hour, minute=self.at.minute, second=0, microsecond=0)
        return due if due > self.counted_from else due + timedelta(days=1)
