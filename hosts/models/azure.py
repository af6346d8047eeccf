"""Azure: the subscriptions a team has connected, and the batches of machines made in them."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from hosts.azure.types import Cloud, CredentialKind
from portal.people.models import Team, User

from .enrolments import Enrolment
from .hosts import Host


class AzureSubscription(models.Model):
    """A subscription and how the portal signs in to it.

    sealed: the client secret, or the PEM of certificate and key; encrypted at rest, empty for identities without one.
    display_name, checked_at, problem: what the last check said; problem is empty when all was well.
    """

    KINDS = [
        (CredentialKind.SECRET.value, _("Service principal with a secret")),
        (CredentialKind.CERTIFICATE.value, _("Service principal with a certificate")),
        (CredentialKind.MANAGED.value, _("Managed identity of this machine")),
        (CredentialKind.WORKLOAD.value, _("Workload identity of this cluster")),
        (CredentialKind.CLI.value, _("Azure CLI, signed in on this machine")),
    ]
    CLOUDS = [
        (Cloud.PUBLIC.value, _("Azure")),
        (Cloud.GOVERNMENT.value, _("Azure US Government")),
        (Cloud.CHINA.value, _("Azure operated by 21Vianet")),
    ]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="azure_subscriptions")
    subscription_id = models.CharField(_("subscription id"), max_length=36)
    kind = models.CharField(max_length=16, choices=KINDS, default=CredentialKind.SECRET.value)
    cloud = models.CharField(max_length=16, choices=CLOUDS, default=Cloud.PUBLIC.value)
    tenant_id = models.CharField(max_length=64, blank=True)
    client_id = models.CharField(max_length=64, blank=True)
    sealed = models.BinaryField(blank=True, default=bytes)
    display_name = models.CharField(max_length=160, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=600, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["display_name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["team", "subscription_id"], name="azure_subscription_once_per_team")
        ]

    def __str__(self) -> str:
        return self.display_name or self.subscription_id


class BatchState(models.TextChoices):
    """Where a batch stands."""

    PLANNING = "planning", _("Asking Azure")
    PLANNED = "planned", _("Ready to deploy")
    DEPLOYING = "deploying", _("Deploying")
    ENROLLING = "enrolling", _("Waiting for hosts")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    DELETING = "deleting", _("Deleting")
    DELETED = "deleted", _("Deleted")


# States in which the portal has something to do by itself.
MOVING = (BatchState.PLANNING, BatchState.DEPLOYING, BatchState.ENROLLING, BatchState.DELETING)


class AzureBatch(models.Model):
    """Machines that were asked for together: one resource group, one deployment, deleted as one.

    image: a key of hosts.azure.wishes.IMAGES, or a Marketplace image as text; empty for machines that were there.
    imported: how the agent is put on machines that were there before, "extension" or "command"; empty for those that
    were made here. imported_from: their resource group, which is never deleted.
    groups: of a batch with machines of several kinds, [{"role", "image", "size", "count", "disk_gib", "open_ports"}];
    count is of all then, and image and size are the first group's. reach: from where open ports are reached, an
    address range or "Internet". addresses: of machines, {name: {"private": inside of the network, "public": where open
    ports answer}}, once they are there.

    changes: the what-if, [{"kind", "type", "name", "paths"}]; operations: of the deployment as last seen,
    [{"type", "name", "state", "seconds", "error"}]. error: why it failed or what it waits for, advice: what to do.
    next_at: when to look again; leased_until: a worker is at it until then. deadline: when to give up waiting.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="azure_batches")
    subscription = models.ForeignKey(AzureSubscription, on_delete=models.PROTECT, related_name="batches")
    name = models.CharField(max_length=40)
    region = models.CharField(max_length=40)
    image = models.CharField(max_length=300)
    imported = models.CharField(max_length=12, blank=True)
    imported_from = models.CharField(max_length=90, blank=True)
    size = models.CharField(max_length=60)
    count = models.PositiveIntegerField(default=1)
    zones = models.JSONField(default=list, blank=True)
    spot = models.BooleanField(default=False)
    disk_gib = models.PositiveIntegerField(default=64)
    labels = models.JSONField(default=dict, blank=True)
    groups = models.JSONField(default=list, blank=True)
    reach = models.CharField(max_length=64, default="Internet")
    addresses = models.JSONField(default=dict, blank=True)

    state = models.CharField(max_length=16, choices=BatchState.choices, default=BatchState.PLANNING)
    changes = models.JSONField(default=list, blank=True)
    operations = models.JSONField(default=list, blank=True)
    error = models.TextField(blank=True)
    advice = models.CharField(max_length=300, blank=True)
    enrolment = models.ForeignKey(Enrolment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "next_at"])]

    def __str__(self) -> str:
        return self.name

    @property
    def group(self) -> str:
        """The resource group; the part of the id keeps two batches of one name apart."""
        return self.imported_from or f"pierhead-{self.name}-{self.id.hex[:8]}"

    @property
    def deployment(self) -> str:
        """The deployment in it. One name for each batch: begun twice, it is still one."""
        return f"pierhead-{self.id.hex[:8]}"

    @property
    def tags(self) -> dict[str, str]:
        """On the group and everything in it."""
        return {"pierhead-batch": self.id.hex, "pierhead-team": self.team.slug}

    @property
    def hosts(self) -> "models.QuerySet[Host]":
        """The machines of it that have become hosts."""
        rows: models.QuerySet[Host] = Host.objects.filter(revoked_at=None)
        if self.imported:
            return rows.filter(enrolment_id__in=self.machines.exclude(enrolment=None).values("enrolment_id"))
        return rows.filter(enrolment_id=self.enrolment_id) if self.enrolment_id else rows.none()

    @property
    def moving(self) -> bool:
        return self.state in MOVING
