"""The portal's own authority, and the client certificates of Docker clients that it signed."""

import uuid

from django.db import models
from django.utils import timezone

from portal.people.models import ApiToken, Role, User

from .hosts import Host


class Authority(models.Model):
    """A certificate authority of this portal. The newest signs; older ones are believed until they are retired.

    number: counts up, so that of two nodes that make one at once only one does. sealed_key: its private key, sealed
    with the purpose "docker-authority".
    """

    number = models.PositiveIntegerField(unique=True)
    certificate = models.TextField()
    sealed_key = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    not_after = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"Pierhead Docker authority {self.number}"


class DockerCertificate(models.Model):
    """A client certificate: this user, on this host, with at most this role, until then. Its key is nowhere here.

    fingerprint: SHA-256 of the certificate, hex. token: the API token it was made with; it ends with that token.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="docker_certificates")
    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="docker_certificates")
    role = models.CharField(max_length=16, choices=Role.choices)
    token = models.ForeignKey(ApiToken, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    authority = models.ForeignKey(Authority, on_delete=models.CASCADE, related_name="certificates")
    serial = models.CharField(max_length=48)
    fingerprint = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.user} on {self.host}"

    @property
    def open(self) -> bool:
        """Whether it can still be used."""
        return self.revoked_at is None and self.expires_at > timezone.now()
