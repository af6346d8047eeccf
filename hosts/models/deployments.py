"""Deployments: one run of carrying a revision out, its targets, steps and events."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.people.models import User

from .applications import Application, Revision
from .commands import Command
from .hosts import Host


class DeploymentState(models.TextChoices):
    """queued and running are open; the others are ends."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    ROLLED_BACK = "rolled_back", _("Rolled back")
    CANCELLED = "cancelled", _("Cancelled")


OPEN_DEPLOYMENTS = (DeploymentState.QUEUED, DeploymentState.RUNNING)


class StepState(models.TextChoices):
    """The life of one step."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Skipped")


class Deployment(models.Model):
    """One run. `plan` is what was shown and agreed to (hosts/planning.py Plan as JSON); `plan_digest` its SHA-256.

    error: why it failed, in words for people; log_tail: the last lines of what failed.
    rollout: where the rollout stands (hosts/rollout.py as JSON); paused: why it stands still, empty when it does not.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="deployments")
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="deployments")
    state = models.CharField(
        max_length=16, choices=DeploymentState.choices, default=DeploymentState.QUEUED, db_index=True
    )
    plan = models.JSONField(default=dict)
    plan_digest = models.CharField(max_length=80, blank=True)
    started_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    log_tail = models.TextField(blank=True)
    rollout = models.JSONField(default=dict, blank=True)
    paused = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"deployment of {self.revision}"


class DeploymentTarget(models.Model):
    """The part of a deployment that one host carries out, one command after the other.

    command: the present or last one. order: all that the host shall come to, sealed (hosts/services/rollout_bodies.py).
    """

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="deployment_targets")
    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="deployment_targets")
    command = models.OneToOneField(
        Command, null=True, blank=True, on_delete=models.SET_NULL, related_name="deployment_target"
    )
    order = models.BinaryField(default=b"", blank=True)
    state = models.CharField(max_length=16, choices=DeploymentState.choices, default=DeploymentState.QUEUED)
    error = models.TextField(blank=True)
    log_tail = models.TextField(blank=True)

    class Meta:
        ordering = ["host__name"]
        constraints = [models.UniqueConstraint(fields=["deployment", "host"], name="target_once_per_deployment")]

    def __str__(self) -> str:
        return f"{self.deployment} on {self.host}"


class DeploymentStep(models.Model):
    """One line of the timeline, updated in place.

    key: stable within the target, e.g. "pull:web" or "pull:web:4f4fb700ef54" (a layer of it) or "start:web-1".
    parent: the key of the step it belongs to, empty at the top; current, total: bytes for pulls, 0 when unknown.
    """

    target = models.ForeignKey(DeploymentTarget, on_delete=models.CASCADE, related_name="steps")
    key = models.CharField(max_length=160)
    parent = models.CharField(max_length=160, blank=True)
    position = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=300)
    state = models.CharField(max_length=16, choices=StepState.choices, default=StepState.WAITING)
    detail = models.TextField(blank=True)
    current = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["target", "key"], name="step_once_per_target")]

    def __str__(self) -> str:
        return self.title


class DeploymentEvent(models.Model):
    """The log of a deployment, append-only; level is info, warning or error."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="events")
    host = models.ForeignKey(Host, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    level = models.CharField(max_length=8, default="info")
    text = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text
