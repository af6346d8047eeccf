"""What a team's deployers may ask of its hosts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hosts.policy import Options, options_from
from portal.people.models import Team, User


class TeamPolicy(models.Model):
    """The policy of one team. A team without a row has the defaults of `hosts.policy.Options`.

    options: only what differs from the defaults, by the names of `Options`.
    shared_hosts: the team's hosts are used by others too; then only what carries the team's label is the team's.
    record_terminals: what is shown in terminals is kept for the audit.
    """

    team = models.OneToOneField(Team, primary_key=True, on_delete=models.CASCADE, related_name="policy")
    options = models.JSONField(_("options"), default=dict, blank=True)
    shared_hosts = models.BooleanField(_("hosts are shared with others"), default=False)
    record_terminals = models.BooleanField(_("terminals are recorded"), default=False)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"policy of {self.team}"

    @property
    def allowed(self) -> Options:
        """The options, with the defaults for the rest."""
        return options_from(self.options)
