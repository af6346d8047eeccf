"""Answers of outside services, kept so that a page can show them again, with their age when the source is away."""

from django.db import models
from django.utils import timezone


class KeptAnswer(models.Model):
    """One answer. `gallery.answers` is the only reader and writer.

    key: sha256 of source, kind and subject. kind: search, repository, tags, digest, manifest, ... subject: what was
    asked, for people. body: the typed answer as JSON. permanent: named by a digest, so it never changes.
    """

    key = models.CharField(max_length=64, unique=True)
    source = models.CharField(max_length=255, db_index=True)
    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=600)
    body = models.JSONField()
    permanent = models.BooleanField(default=False)
    fetched_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} of {self.source}"


class SourceState(models.Model):
    """How a source was when it was last asked. Until `away_until` it is not asked again, so that pages stay quick.

    reason: why it is away, a sentence. limited: it asked us to wait, rather than not answering.
    """

    source = models.CharField(max_length=255, unique=True)
    away_until = models.DateTimeField(null=True, blank=True)
    limited = models.BooleanField(default=False)
    reason = models.CharField(max_length=600, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.source
