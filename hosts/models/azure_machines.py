"""Azure: the machines of batches as last seen, the times they ran, and resource groups that nobody knows any more."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .azure import AzureBatch, AzureSubscription
from .enrolments import Enrolment


class AzureMachine(models.Model):
    """A virtual machine of a batch as last seen.

    power: running, deallocated, ... or empty when Azure did not say; size, os, tags: Azure's. asked: what was asked of
    it last and is not done yet. expected_power, expected_size: as the portal left it, empty when it never said.
    gone_at: when Azure no longer had it. enrolment, run_state, run_text: of a machine that was imported, its own token
    and how the agent's set-up there is doing, with its output; run_state is Azure's, empty before it has begun.
    """

    batch = models.ForeignKey(AzureBatch, on_delete=models.CASCADE, related_name="machines")
    name = models.CharField(max_length=80)
    power = models.CharField(max_length=24, blank=True)
    size = models.CharField(max_length=60, blank=True)
    os = models.CharField(max_length=16, blank=True)
    tags = models.JSONField(default=dict, blank=True)
    asked = models.CharField(max_length=16, blank=True)
    expected_power = models.CharField(max_length=24, blank=True)
    expected_size = models.CharField(max_length=60, blank=True)
    enrolment = models.ForeignKey(Enrolment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    run_state = models.CharField(max_length=16, blank=True)
    run_text = models.TextField(blank=True)
    error = models.CharField(max_length=600, blank=True)
    seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["batch", "name"], name="azure_machine_once_per_batch")]
        indexes = [models.Index(fields=["name", "id"])]

    def __str__(self) -> str:
        return self.name


class AzureRun(models.Model):
    """A time during which a machine ran, as the portal saw it. hourly: price of its size when it began, in `currency`.

    ended_at: None while it runs. hourly: None while the price is unknown.
    """

    machine = models.ForeignKey(AzureMachine, on_delete=models.CASCADE, related_name="runs")
    size = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    hourly = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    priced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["started_at"]

    def __str__(self) -> str:
        return f"{self.machine}: {self.size}"


class AzureOrphan(models.Model):
    """A resource group with the portal's tag that belongs to no batch the portal knows."""

    subscription = models.ForeignKey(AzureSubscription, on_delete=models.CASCADE, related_name="orphans")
    group = models.CharField(_("resource group"), max_length=90)
    found_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)  # when Azure was asked to delete it

    class Meta:
        ordering = ["group"]
        constraints = [models.UniqueConstraint(fields=["subscription", "group"], name="azure_orphan_once")]

    def __str__(self) -> str:
        return self.group
