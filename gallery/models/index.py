"""Repositories known here, for the search that needs no network. `gallery.index` is the only reader and writer."""

from django.db import models


class IndexedRepository(models.Model):
    """A public repository. place: its rank, the more pulls the smaller; also its row in the index of words.

    path: "library/nginx". facets: words for filters ("os.linux arch.amd64 badge.official cat.web-servers win.20348").
    """

    place = models.BigIntegerField(unique=True)
    source = models.CharField(max_length=255, default="hub")
    path = models.CharField(max_length=255)
    name = models.CharField(max_length=255, db_index=True)
    summary = models.CharField(max_length=400, blank=True)
    publisher = models.CharField(max_length=120, blank=True)
    badge = models.CharField(max_length=32, blank=True)
    facets = models.TextField(blank=True)
    stars = models.BigIntegerField(null=True, blank=True)
    pulls = models.BigIntegerField(null=True, blank=True)
    pulls_exact = models.BooleanField(default=True)
    has_logo = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    updated_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "path"], name="indexed_repository_once")]

    def __str__(self) -> str:
        return self.path


class IndexMark(models.Model):
    """Up to when kept answers have been taken into the index. One row."""

    fed_until = models.DateTimeField()
