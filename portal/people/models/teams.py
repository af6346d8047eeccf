"""Teams own hosts and applications; a membership gives a user one role in a team."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .users import User


class Role(models.TextChoices):
    """What a member may do. Each role includes those before it: viewer reads, deployer acts, admin manages."""

    VIEWER = "viewer", _("Viewer")
    DEPLOYER = "deployer", _("Deployer")
    ADMIN = "admin", _("Admin")

    @property
    def rank(self) -> int:
        """0 for viewer, 1 for deployer, 2 for admin: a role includes every role of lower rank."""
        return list(Role).index(self)

    def includes(self, other: "Role") -> bool:
        return self.rank >= other.rank


class Team(models.Model):
    """The owner of hosts, applications, templates and credentials."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(_("address name"), max_length=80, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("people:team", kwargs={"slug": self.slug})


class Membership(models.Model):
    """One user's role in one team."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["team__name", "user__username"]
        constraints = [
            models.UniqueConstraint(fields=["user", "team"], name="one_role_per_team"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.team}"
