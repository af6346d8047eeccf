"""What tags name now and have named before, as registries said when they were asked."""

from django.db import models
from django.utils import timezone


class WatchedTag(models.Model):
    """A tag that runs somewhere. `gallery.updates` is the only writer.

    host: "" is Docker Hub's or the default registry. digest: of its index, as HEAD last gave it. platforms: digests in
    that index, None when nobody had to look. newer: the newest tag that follows it in its family, "" when none does.
    problem: why the last question had no answer, a sentence; the rest is what was known before.
    """

    host = models.CharField(max_length=255, blank=True)
    repository = models.CharField(max_length=255)
    tag = models.CharField(max_length=128)
    digest = models.CharField(max_length=80, blank=True)
    platforms = models.JSONField(null=True, blank=True)
    gone = models.BooleanField(default=False)
    newer = models.CharField(max_length=128, blank=True)
    problem = models.CharField(max_length=600, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    newer_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "repository", "tag"], name="watched_tag_once")]

    def __str__(self) -> str:
        return f"{self.host}/{self.repository}:{self.tag}".lstrip("/")


class TagDigest(models.Model):
    """A digest that a tag has named, from when to when as far as it was looked at."""

    watched = models.ForeignKey(WatchedTag, on_delete=models.CASCADE, related_name="digests")
    digest = models.CharField(max_length=80)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        ordering = ["-first_seen", "-id"]

    def __str__(self) -> str:
        return self.digest
