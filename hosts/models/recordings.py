"""What terminals showed, kept for the audit where a team asks for it."""

import uuid

from django.db import models

from portal.people.models import Team, User


class TerminalRecording(models.Model):
    """One terminal. sealed: a compressed asciicast, sealed at rest. Labels outlive what they name.

    size: bytes that were shown and kept; cut: there was more.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    user_label = models.CharField(max_length=160)
    host_name = models.CharField(max_length=120)
    container_name = models.CharField(max_length=255)
    command = models.CharField(max_length=160)
    ended_at = models.DateTimeField(auto_now_add=True, db_index=True)
    seconds = models.PositiveIntegerField(default=0)
    size = models.PositiveIntegerField(default=0)
    cut = models.BooleanField(default=False)
    sealed = models.BinaryField()

    class Meta:
        ordering = ["-ended_at"]

    def __str__(self) -> str:
        return f"{self.command} in {self.container_name}"
