"""Secrets of an application: sealed at rest, written and never read back."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.people.models import User

from .applications import Application


class ApplicationSecret(models.Model):
    """One value of a secret. A new value is a new row, so that a command on its way still finds the one it was made
    with; `current` is true for the one that counts.

    sealed: see portal.people.secrets. The compose text refers to it as ${NAME}, or by a secret of that name.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="secrets")
    name = models.CharField(_("name"), max_length=100)
    sealed = models.BinaryField()
    current = models.BooleanField(default=True)
    set_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "-set_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "name"], condition=models.Q(current=True), name="secret_current_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
