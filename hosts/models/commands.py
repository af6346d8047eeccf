"""Commands: durable messages to one agent, stored before they are sent."""

import time
import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.people.models import User

from .hosts import Host


class CommandState(models.TextChoices):
    """The life of a command. The first four are open, the others are its end."""

    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    ACCEPTED = "accepted", _("Accepted")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
    CANCELLED = "cancelled", _("Cancelled")


OPEN_STATES = (CommandState.QUEUED, CommandState.SENT, CommandState.ACCEPTED, CommandState.RUNNING)
# Not known to have reached the host: what its queue shows.
WAITING_STATES = (CommandState.QUEUED, CommandState.SENT)


# Kinds of commands that change a cluster.
SWARM_KINDS = frozenset({"swarm_init", "swarm_join", "swarm_leave", "swarm_rotate", "node_update", "node_remove"})


class Command(models.Model):
    """One command. `body` is the wire's own encoding (msgpack) of the message body in engine_agent.protocol.

    kind: the tag of the body, e.g. "deploy"; summary: one sentence for people.
    project: the compose project it concerns, empty otherwise.
    position: its place in the queue of its host; what comes later has a higher one.
    in_line: it was asked for while the host was away, or behind such a one, and is sent only when all before it in the
    line have ended.
    result: what the agent answered; error: why it failed, in words for people.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="commands")
    kind = models.CharField(max_length=32)
    summary = models.CharField(max_length=200)
    project = models.CharField(max_length=120, blank=True)
    body = models.BinaryField()
    state = models.CharField(max_length=16, choices=CommandState.choices, default=CommandState.QUEUED, db_index=True)
    position = models.BigIntegerField(default=time.time_ns)
    in_line = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    event_sequence = models.BigIntegerField(default=0)  # of the last progress event stored
    result = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["position", "created_at", "id"]
        indexes = [models.Index(fields=["host", "state", "created_at"])]

    def __str__(self) -> str:
        return self.summary
