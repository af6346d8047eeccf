"""What a team points at: favourites, and collections in an order of its own, with notes."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.people.models import Team


class Favourite(models.Model):
    """A repository or a template with a team's star. source, path: see `gallery.picks.Pick`."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="favourites")
    source = models.CharField(max_length=255)
    path = models.CharField(max_length=255)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["team", "source", "path"], name="favourite_once_per_team")]

    def __str__(self) -> str:
        return f"{self.source}/{self.path}"


class Collection(models.Model):
    """A shelf of a team's own gallery. place: its order on the page; the smallest is first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="collections")
    name = models.CharField(max_length=80)
    summary = models.CharField(max_length=400, blank=True)
    place = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["place", "created_at"]
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="collection_once_per_team")]

    def __str__(self) -> str:
        return self.name


class CollectionItem(models.Model):
    """One thing on a shelf. note: what the team says about it, plain text."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="items")
    source = models.CharField(max_length=255)
    path = models.CharField(max_length=255)
    note = models.CharField(max_length=1000, blank=True)
    place = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["place", "id"]
        constraints = [models.UniqueConstraint(fields=["collection", "source", "path"], name="once_per_collection")]

    def __str__(self) -> str:
        return f"{self.source}/{self.path}"
