"""Solutions: machines in Azure and an application on them, made and deleted as one."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.people.models import Team, User

from .applications import Application
from .azure import AzureBatch
from .clusters import Cluster
from .deployments import Deployment


class SolutionState(models.TextChoices):
    """Where a solution stands."""

    PLANNING = "planning", _("Asking Azure")
    PLANNED = "planned", _("Ready to deploy")
    MACHINES = "machines", _("Making machines")
    CLUSTER = "cluster", _("Making the swarm")
    APPLICATION = "application", _("Deploying the application")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    DELETING = "deleting", _("Deleting")
    DELETED = "deleted", _("Deleted")


# States in which the portal has something to do by itself.
SOLUTION_MOVING = (
    SolutionState.PLANNING,
    SolutionState.MACHINES,
    SolutionState.CLUSTER,
    SolutionState.APPLICATION,
    SolutionState.DELETING,
)


class Solution(models.Model):
    """One entry for machines and application. template: slug of a solution of the gallery.

    batch: its machines; application: made with it, deployed when the machines are hosts; cluster: for a swarm alone;
    deployment: of the application by this solution. error: why it failed or what it waits for. next_at, leased_until,
    deadline: as in AzureBatch.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="solutions")
    template = models.CharField(max_length=60)
    name = models.CharField(max_length=40)
    batch = models.OneToOneField(AzureBatch, on_delete=models.CASCADE, related_name="solution")
    application = models.ForeignKey(Application, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    cluster = models.ForeignKey(Cluster, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    deployment = models.ForeignKey(Deployment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    state = models.CharField(max_length=16, choices=SolutionState.choices, default=SolutionState.PLANNING)
    error = models.TextField(blank=True)
    advice = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
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
    def label(self) -> str:
        """The value of the label `solution` on its hosts; the part of the id keeps two of one name apart."""
        return f"{self.name}-{self.id.hex[:8]}"

    @property
    def moving(self) -> bool:
        return self.state in SOLUTION_MOVING
