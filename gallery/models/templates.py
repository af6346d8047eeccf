"""Templates that a team has written."""

import uuid

from django.db import models
from django.utils import timezone

from portal.people.models import Team, User


class TeamTemplate(models.Model):
    """A ready application of a team. `gallery.services.templates` is the only writer.

    slug: in addresses, unique in the portal: the team's own, two dashes, the title's. parameters: the questions, each
    {name, label, kind, default, required, help, choices}; a secret has no default. images: as they are with the
    default values.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="templates")
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=100)
    summary = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    categories = models.JSONField(default=list, blank=True)
    compose = models.TextField()
    parameters = models.JSONField(default=list, blank=True)
    images = models.JSONField(default=list, blank=True)
    changed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["title", "slug"]

    def __str__(self) -> str:
        return self.title
