"""What the agents last told us of each engine: containers, images, networks, volumes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .hosts import Host


class ContainerState(models.TextChoices):
    """The Engine API's own container states."""

    CREATED = "created", _("Created")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    RESTARTING = "restarting", _("Restarting")
    REMOVING = "removing", _("Removing")
    EXITED = "exited", _("Exited")
    DEAD = "dead", _("Dead")


class Container(models.Model):
    """A container on a host. `health` is empty when the container has no healthcheck.

    ports: [{"address": "0.0.0.0", "published": 8080, "target": 80, "protocol": "tcp"}]
    """

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="containers")
    cid = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    image = models.CharField(max_length=400)
    image_id = models.CharField(max_length=80)
    command = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=ContainerState.choices)
    health = models.CharField(max_length=16, blank=True)  # starting, healthy, unhealthy
    exit_code = models.IntegerField(null=True, blank=True)
    restarts = models.PositiveIntegerField(default=0)
    ports = models.JSONField(default=list, blank=True)
    mounts = models.JSONField(default=list, blank=True)
    networks = models.JSONField(default=list, blank=True)
    labels = models.JSONField(default=dict, blank=True)
    project = models.CharField(max_length=120, blank=True, db_index=True)
    service = models.CharField(max_length=120, blank=True)
    created = models.DateTimeField(null=True, blank=True)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)
    observed_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["host", "cid"], name="container_once_per_host")]
        indexes = [models.Index(fields=["host", "name"])]

    def __str__(self) -> str:
        return self.name


class Image(models.Model):
    """An image on a host. tags and digests are references: ["nginx:1.27"], ["nginx@sha256:..."]."""

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="images")
    image_id = models.CharField(max_length=80)
    tags = models.JSONField(default=list)
    digests = models.JSONField(default=list)
    size = models.BigIntegerField(default=0)
    created = models.DateTimeField(null=True, blank=True)
    observed_at = models.DateTimeField()

    class Meta:
        ordering = ["-created"]
        constraints = [models.UniqueConstraint(fields=["host", "image_id"], name="image_once_per_host")]

    def __str__(self) -> str:
        return str(self.tags[0]) if self.tags else self.image_id


class Network(models.Model):
    """A network on a host."""

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="networks")
    network_id = models.CharField(max_length=80)
    name = models.CharField(max_length=255)
    driver = models.CharField(max_length=64)
    scope = models.CharField(max_length=16)
    subnets = models.JSONField(default=list)
    labels = models.JSONField(default=dict)
    observed_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["host", "network_id"], name="network_once_per_host")]

    def __str__(self) -> str:
        return self.name


class Volume(models.Model):
    """A named volume on a host. options: of its driver, passwords blanked; None: its agent does not tell them yet."""

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="volumes")
    name = models.CharField(max_length=255)
    driver = models.CharField(max_length=64)
    labels = models.JSONField(default=dict)
    options = models.JSONField(null=True, blank=True, default=None)
    created = models.DateTimeField(null=True, blank=True)
    observed_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["host", "name"], name="volume_once_per_host")]

    def __str__(self) -> str:
        return self.name
