"""Webhooks in: the secret address of an application that registries and git servers call, and the log of it."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.people.models import User

from .applications import Application


class ApplicationHook(models.Model):
    """The address. secret: stands in the address, or signs what is sent; sealed, shown once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="hook")
    secret = models.BinaryField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"webhook of {self.application}"


class HookState(models.TextChoices):
    """What became of a call."""

    WAITING = "waiting", _("Taken on")
    DONE = "done", _("Done")
    IGNORED = "ignored", _("Nothing to do")
    FAILED = "failed", _("Failed")


class HookDelivery(models.Model):
    """One call that was accepted. key: the same body is acted on once; "" for a plain call, which may come again.

    sender: docker-hub, registry, github, gitlab, gitea or plain. wish: what it asks for (hosts/hook_calls.py as JSON).
    detail: what was done, a sentence.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hook = models.ForeignKey(ApplicationHook, on_delete=models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=64, blank=True)
    sender = models.CharField(max_length=16)
    wish = models.JSONField(default=dict)
    address = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=16, choices=HookState.choices, default=HookState.WAITING)
    detail = models.CharField(max_length=600, blank=True)
    at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["hook", "key"], condition=~models.Q(key=""), name="hook_body_once")
        ]

    def __str__(self) -> str:
        return f"{self.sender} {self.state}"
