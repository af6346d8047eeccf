"""Users: people who sign in."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person. `is_superuser` is an administrator of the whole portal: admin in every team."""

    class Meta:
        ordering = ["username"]

    @property
    def label(self) -> str:
        """How the person is called on pages and in the audit."""
        return self.get_full_name() or self.username
