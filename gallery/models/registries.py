"""Accounts at registries and at Docker Hub, which belong to a team."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.people.models import Team

HUB_HOST = "docker.io"


class AccountState(models.TextChoices):
    """How an account was when it was last used or tried."""

    UNTRIED = "untried", _("Not tried yet")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    AWAY = "away", _("No answer")


class RegistryAccount(models.Model):
    """How a team signs in at a registry. `gallery.services.registries` is the only writer.

    host: "docker.io" for Docker Hub, else host and port. username, sealed: "" and b"" for a registry that wants none
    and has a private authority alone. version: counts changes of the secret. namespaces: at Docker Hub, the names of
    the user and of the organisations, found out by signing in. detail: why it is refused or away, a sentence.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="registry_accounts")
    host = models.CharField(max_length=255)
    username = models.CharField(max_length=255, blank=True)
    sealed = models.BinaryField(default=bytes)
    certificates = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    namespaces = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=16, choices=AccountState.choices, default=AccountState.UNTRIED)
    detail = models.CharField(max_length=600, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["host", "username"]
        constraints = [
            models.UniqueConstraint(fields=["team", "host", "username"], name="registry_account_once_per_team")
        ]

    def __str__(self) -> str:
        return f"{self.username}@{self.host}" if self.username else self.host

    @property
    def is_hub(self) -> bool:
        return self.host == HUB_HOST

    @property
    def kind(self) -> str:
        """Whose registry it is, for people."""
        if self.is_hub:
            return "Docker Hub"
        known = {
            "ghcr.io": "GitHub",
            "mcr.microsoft.com": "Microsoft",
            "quay.io": "Quay",
            "registry.gitlab.com": "GitLab",
        }
        return "Azure" if self.host.endswith(".azurecr.io") else known.get(self.host, str(_("Registry")))
