"""Ways in beside a password: API tokens and one-time sign-in links. Only digests are stored."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .teams import Role, Team
from .users import User


class ApiToken(models.Model):
    """A bearer token of a user, bound to one team and at most one role there.

    The token itself is shown once. `digest` is its SHA-256 in hex; `prefix` its first characters, to recognise it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="api_tokens")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def expired(self) -> bool:
        """Whether its last moment lies in the past."""
        return self.expires_at is not None and self.expires_at <= timezone.now()


class SignInLink(models.Model):
    """A one-time link that signs a user in. `digest` is the SHA-256 of its secret in hex."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_in_links")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"sign-in link of {self.user}"
