"""What the last look said of the images that containers run."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .hosts import Host


class UpdateState(models.TextChoices):
    """As gallery.verdicts.Verdict."""

    CURRENT = "current", _("Up to date")
    UPDATE = "update", _("Update available")
    PULLED = "pulled", _("New image on the host already")
    PINNED = "pinned", _("Pinned by digest")
    LOCAL = "local", _("Built here")
    UNKNOWN = "unknown", _("Not known")
    GONE = "gone", _("Tag is gone")


WORTH_SHOWING = (UpdateState.UPDATE, UpdateState.PULLED)


class ImageUpdate(models.Model):
    """One image on one host under the name by which containers run it. `hosts.services.updates` is the only writer.

    newer: the newest tag that follows in the same family, "" when none does. digest: what the tag names now. detail:
    why nothing can be said, a sentence. since: when the tag was first seen to name that digest. checked_at: when the
    registry last answered.
    """

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="image_updates")
    image_id = models.CharField(max_length=80)
    reference = models.CharField(max_length=400)
    state = models.CharField(max_length=16, choices=UpdateState.choices)
    digest = models.CharField(max_length=80, blank=True)
    newer = models.CharField(max_length=128, blank=True)
    detail = models.CharField(max_length=600, blank=True)
    since = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "image_id", "reference"], name="image_update_once_per_host")
        ]
        indexes = [models.Index(fields=["host", "state"])]

    def __str__(self) -> str:
        return f"{self.reference} {self.state}"
