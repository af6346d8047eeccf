"""Webhooks out: what other systems are told of a team, and the log of it."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.people.models import Team, User


class WebhookEvent(models.TextChoices):
    """What a webhook can be told."""

    DEPLOYMENT_SUCCEEDED = "deployment.succeeded", _("A deployment has succeeded")
    DEPLOYMENT_FAILED = "deployment.failed", _("A deployment has failed")
    DEPLOYMENT_ROLLED_BACK = "deployment.rolled_back", _("A deployment was rolled back")
    HOST_OFFLINE = "host.offline", _("A host is offline")
    HOST_ONLINE = "host.online", _("A host is back")
    UPDATE_AVAILABLE = "update.available", _("An image that runs has an update")
    DRIFT = "application.drift", _("An application is not as it was deployed")


TEST_EVENT = "test"


class DeliveryState(models.TextChoices):
    """The life of one delivery."""

    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Given up")


class Webhook(models.Model):
    """An address of a team that is told of events. secret: signs what is sent; sealed (portal.people.secrets)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(_("address"), max_length=2000)
    events = models.JSONField(default=list)
    secret = models.BinaryField()
    paused = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.url[:80]


class WebhookDelivery(models.Model):
    """One event for one webhook. attempts: how often it was sent; next_at: when it is sent (again).

    response_code: of the last answer, None when there was none; error: what went wrong, a sentence.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40)
    payload = models.JSONField()
    state = models.CharField(max_length=16, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    response_code = models.PositiveIntegerField(null=True, blank=True)
    error = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["state", "next_at"])]

    def __str__(self) -> str:
        return f"{self.event} {self.state}"


class EventMark(models.Model):
    """What was last told of a thing that is looked at again and again, so that a change is told once.

    subject: "host:ID", "drift:APPLICATION" or "update:TEAM:REFERENCE". value: its state then.
    """

    subject = models.CharField(max_length=480, unique=True)
    value = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"{self.subject} {self.value}"
