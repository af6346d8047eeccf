"""The audit: who did what to which thing, when, from where, and whether it was permitted. Rows are never changed."""

from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from .teams import Team
from .users import User


class Immutable(TypeError):
    """Somebody tried to change or remove a row of the audit. A mistake in the program, never in the input."""


class AuditRows(models.QuerySet["AuditEntry"]):
    """Rows that can be read and added, not changed or removed."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise Immutable("The audit is not changed.")

    def delete(self) -> NoReturn:
        raise Immutable("The audit is not removed.")


class AuditEntry(models.Model):
    """One act. `action` is "noun.verb", e.g. "host.enrol"; labels are kept, so a row outlives what it names."""

    class Result(models.TextChoices):
        DONE = "done", _("Done")
        DENIED = "denied", _("Denied")
        FAILED = "failed", _("Failed")

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_label = models.CharField(max_length=160)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    action = models.CharField(max_length=64, db_index=True)
    target_type = models.CharField(max_length=40, blank=True)
    target_id = models.CharField(max_length=80, blank=True)
    target_label = models.CharField(max_length=200, blank=True)
    result = models.CharField(max_length=8, choices=Result.choices, default=Result.DONE)
    detail = models.JSONField(default=dict, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    objects = AuditRows.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.actor_label} {self.action} {self.target_label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only the first save is possible."""
        if not self._state.adding:
            raise Immutable("The audit is not changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Immutable("The audit is not removed.")
