"""Users: people who sign in."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac


class User(AbstractUser):
    """A person. `is_superuser` is an administrator of the whole portal: admin in every team.

    sign_in_epoch: counted up to end every open session at once.
    """

    sign_in_epoch = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["username"]

    @property
    def label(self) -> str:
        """How the person is called on pages and in the audit."""
        return self.get_full_name() or self.username

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must hold to stay valid (Django asks for it): changes with the password and the epoch."""
        value = f"{self.password}:{self.sign_in_epoch}"
        return salted_hmac("portal.people.session", value, secret=secret, algorithm="sha256").hexdigest()
