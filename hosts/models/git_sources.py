"""Where the text of an application comes from, when it comes from git."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.people.models import User

from .applications import Application


class GitAction(models.TextChoices):
    """What a new commit leads to."""

    REVISE = "revise", _("Make a revision")
    DEPLOY = "deploy", _("Make a revision and deploy it")


class GitAccess(models.TextChoices):
    """How the portal shows who it is."""

    OPEN = "open", _("None: anybody can read it")
    TOKEN = "token", _("A token or password, over https")
    KEY = "key", _("A deploy key, over ssh")


class GitSource(models.Model):
    """A repository that an application follows.

    ref: a branch or tag, "" for the repository's own. path: of the compose file or its folder. secret: the token or the
    private key, sealed. host_keys: known_hosts lines; those of the first contact when nobody gave any.
    poll_seconds: how often it is looked at, 0 for webhooks alone. commit, author, subject: of the last one taken.
    problem: why the last look failed, a sentence with what to do.
    """

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="git_source")
    url = models.CharField(_("address"), max_length=1000)
    ref = models.CharField(max_length=200, blank=True)
    path = models.CharField(max_length=400, blank=True)
    access = models.CharField(max_length=16, choices=GitAccess.choices, default=GitAccess.OPEN)
    username = models.CharField(max_length=120, blank=True)
    secret = models.BinaryField(default=b"", blank=True)
    host_keys = models.TextField(blank=True)
    action = models.CharField(max_length=16, choices=GitAction.choices, default=GitAction.REVISE)
    poll_seconds = models.PositiveIntegerField(default=300)
    commit = models.CharField(max_length=64, blank=True)
    author = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(default=timezone.now, db_index=True)
    problem = models.CharField(max_length=600, blank=True)
    set_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.url
