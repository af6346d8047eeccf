"""Clusters: hosts of a team joined in one Docker Swarm."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.people.models import Team, User

from .commands import Command
from .hosts import Host


class MemberRole(models.TextChoices):
    """What a node may do in the swarm."""

    MANAGER = "manager", _("Manager")
    WORKER = "worker", _("Worker")


class MemberState(models.TextChoices):
    """waiting: until the swarm is made; failed: `error` says why; the others are on their way or there."""

    WAITING = "waiting", _("Waiting")
    JOINING = "joining", _("Joining")
    ACTIVE = "active", _("Active")
    LEAVING = "leaving", _("Leaving")
    FAILED = "failed", _("Failed")


class Cluster(models.Model):
    """One Docker Swarm. The join tokens are sealed (hosts/services/cluster_tokens.py) and shown nowhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="clusters")
    name = models.CharField(_("name"), max_length=63)
    swarm_id = models.CharField(max_length=64, blank=True)
    worker_token = models.BinaryField(default=b"", blank=True)
    manager_token = models.BinaryField(default=b"", blank=True)
    removing = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="cluster_name_once_per_team")]

    def __str__(self) -> str:
        return self.name


class ClusterMember(models.Model):
    """A host in a cluster. node_id: in the swarm; command: what is under way for it; error: why that failed."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="members")
    host = models.OneToOneField(Host, on_delete=models.CASCADE, related_name="cluster_member")
    role = models.CharField(max_length=8, choices=MemberRole.choices, default=MemberRole.WORKER)
    state = models.CharField(max_length=8, choices=MemberState.choices, default=MemberState.WAITING)
    node_id = models.CharField(max_length=64, blank=True)
    command = models.ForeignKey(Command, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["host__name"]

    def __str__(self) -> str:
        return f"{self.host} in {self.cluster}"
