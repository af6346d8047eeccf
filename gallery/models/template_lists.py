"""Lists of templates that others publish, as a team has taken them over, and how images of templates are."""

import uuid

from django.db import models
from django.utils import timezone

from portal.people.models import Team


class TemplateList(models.Model):
    """A list at a URL. `gallery.services.template_lists` is the only writer.

    key: begins the slugs of its templates. etag: of what was fetched last. pending: the entries of a newer text that
    waits to be taken over, None when none does. problem: why the last try failed, a sentence. fetched_at: when it last
    answered; checked_at: when it was last asked.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="template_lists")
    key = models.SlugField(max_length=24, unique=True)
    title = models.CharField(max_length=100)
    url = models.CharField(max_length=500)
    etag = models.CharField(max_length=200, blank=True)
    pending = models.JSONField(null=True, blank=True)
    problem = models.CharField(max_length=600, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["title", "id"]
        constraints = [models.UniqueConstraint(fields=["team", "url"], name="template_list_once_per_team")]

    def __str__(self) -> str:
        return self.title


class ListedTemplate(models.Model):
    """A template of a list. entry: as `gallery.lists.reading.list_read` gives it. words: what it is found by."""

    list = models.ForeignKey(TemplateList, on_delete=models.CASCADE, related_name="templates")
    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveIntegerField()
    entry = models.JSONField()
    words = models.TextField(blank=True)
    admin_only = models.BooleanField(default=False)

    class Meta:
        ordering = ["list", "position"]

    def __str__(self) -> str:
        return self.slug


class CheckedImage(models.Model):
    """An image of a team's templates, as its registry told by HEAD. `gallery.services.image_checks` is the only writer.

    gone: the registry has it no more. platforms: "linux/amd64", ...; None: not known. problem: why the last question
    had no answer.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    reference = models.CharField(max_length=400)
    gone = models.BooleanField(default=False)
    platforms = models.JSONField(null=True, blank=True)
    problem = models.CharField(max_length=600, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "reference"], name="checked_image_once")]

    def __str__(self) -> str:
        return self.reference
