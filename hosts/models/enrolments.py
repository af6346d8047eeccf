"""Enrolments: one-time tokens that make a machine a host of a team."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.people.models import Team, User


class Enrolment(models.Model):
    """A token that may be spent `uses` times until `expires_at`. Only the SHA-256 of the token is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="enrolments")
    labels = models.JSONField(_("labels"), default=dict, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    uses = models.PositiveIntegerField(default=1)
    used = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"enrolment of {self.team}"

    @property
    def open(self) -> bool:
        """Whether the token can still be spent."""
        return self.revoked_at is None and self.used < self.uses and self.expires_at > timezone.now()

    @property
    def left(self) -> int:
        """How many machines it may still add."""
        return max(0, self.uses - self.used)


class HostAdmission(models.Model):
    """How a team lets hosts in. approval: an enrolled machine waits until an admin has approved it."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="host_admission")
    approval = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"admission of hosts to {self.team}"
