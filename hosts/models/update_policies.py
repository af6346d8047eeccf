"""Keeping current: what shall happen when an image has an update, when it may, and what was done."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.people.models import Team, User

from .applications import Application
from .deployments import Deployment


class UpdateMode(models.TextChoices):
    """What an update check leads to. The order is from careful to eager."""

    NOTIFY = "notify", _("Only say so")
    WINDOW = "window", _("In the time window")
    AT_ONCE = "at-once", _("At once")


class UpdatePolicy(models.Model):
    """The policy of one service of an application. A service without one is only told of."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="update_policies")
    service = models.CharField(max_length=120)
    mode = models.CharField(max_length=16, choices=UpdateMode.choices)
    set_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["service"]
        constraints = [models.UniqueConstraint(fields=["application", "service"], name="update_policy_once")]

    def __str__(self) -> str:
        return f"{self.service} {self.mode}"


class UpdateWindow(models.Model):
    """When updates may be carried out. Those of an application count instead of those of its team.

    weekdays: of the day on which it opens, 0 is Monday. opens, closes: local times in `zone` (an IANA name); it closes
    on the next day when `closes` is not after `opens`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="update_windows")
    application = models.ForeignKey(
        Application, null=True, blank=True, on_delete=models.CASCADE, related_name="update_windows"
    )
    weekdays = models.JSONField(default=list)
    opens = models.TimeField()
    closes = models.TimeField()
    zone = models.CharField(max_length=64, default="UTC")

    class Meta:
        ordering = ["opens", "id"]

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M} {self.zone}"


class UpdateOutcome(models.TextChoices):
    """What became of an update. How a deployment ended is with the deployment."""

    DEPLOYED = "deployed", _("Deployed")
    REFUSED = "refused", _("Refused")
    SKIPPED = "skipped", _("Skipped")


class UpdateAct(models.Model):
    """One version of one image of an application: carried out, refused or skipped, and so never by itself again."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="update_acts")
    reference = models.CharField(max_length=400)
    digest = models.CharField(max_length=80)
    outcome = models.CharField(max_length=16, choices=UpdateOutcome.choices)
    deployment = models.ForeignKey(Deployment, null=True, blank=True, on_delete=models.SET_NULL, related_name="updates")
    detail = models.CharField(max_length=600, blank=True)
    by = models.CharField(max_length=160, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["application", "reference", "digest"], name="update_act_once")]

    def __str__(self) -> str:
        return f"{self.reference} {self.outcome}"
