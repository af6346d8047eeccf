"""Applications and their revisions: what a team runs, and each immutable version of it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.people.models import Team, User


class Application(models.Model):
    """One compose project of a team. `name` is the compose project name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="applications")
    name = models.CharField(_("name"), max_length=63)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    removing_at = models.DateTimeField(null=True, blank=True)  # asked to go; gone when every host has confirmed

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="application_name_once_per_team")]

    def __str__(self) -> str:
        return self.name


class Revision(models.Model):
    """An immutable version of an application.

    compose: the compose text as given (a single service given as attributes is written out as compose).
    files: the project's further files, path -> text: what compose refers to, and later compose files.
    values: {NAME: value} for interpolation.
    targets: {"hosts": [id, ...]} or {"labels": {name: value}} or {"any": true}.
    template: slug of the gallery template it came from, empty otherwise.
    scale: {service: replicas}, instead of what the compose text says.
    pins: {image reference: digest}, written once, by its first deployment; every later one uses the same images.
    origin: why it was made by itself: {"git": {"commit", "author", "subject", "url", "ref"}} or {"update":
    [{"reference", "digest"}]}; {} when a person made it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    compose = models.TextField()
    files = models.JSONField(default=dict, blank=True)
    values = models.JSONField(default=dict, blank=True)
    targets = models.JSONField(default=dict)
    template = models.CharField(max_length=80, blank=True)
    scale = models.JSONField(default=dict, blank=True)
    pins = models.JSONField(default=dict, blank=True)
    origin = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["application", "number"], name="revision_number_once")]

    def __str__(self) -> str:
        return f"{self.application} revision {self.number}"
