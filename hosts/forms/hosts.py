"""Forms of the hosts pages: a new enrolment, a host's name and labels."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from hosts.models import Host
from portal.people.models import Team

from .labels import LabelsField, labels_text

TTL_CHOICES = [
    (900, _("15 minutes")),
    (3600, _("1 hour")),
    (86_400, _("1 day")),
    (604_800, _("7 days")),
]
MAX_USES = 500


class EnrolmentForm(forms.Form):
    """What a one-time token may be spent for. teams: those in which the person may enrol hosts."""

    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none(), empty_label=None)
    labels = LabelsField(
        label=_("Labels"),
        required=False,
        max_length=2000,
        help_text=_("name=value, separated by commas. A deployment can choose hosts by them."),
    )
    ttl_seconds = forms.TypedChoiceField(label=_("The command works for"), choices=TTL_CHOICES, coerce=int)
    uses = forms.IntegerField(
        label=_("Machines it may add"),
        min_value=1,
        max_value=MAX_USES,
        help_text=_("More than 1 lets the same command run on several machines."),
    )

    def __init__(self, *args: Any, teams: "QuerySet[Team]", **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"ttl_seconds": 3600, "uses": 1})
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = teams


class HostForm(forms.Form):
    """A host's name and labels."""

    name = forms.CharField(label=_("Name"), max_length=120)
    labels = LabelsField(
        label=_("Labels"), required=False, max_length=2000, help_text=_("name=value, separated by commas.")
    )

    @classmethod
    def of(cls, host: Host) -> "HostForm":
        """The form as the host is now."""
        return cls(initial={"name": host.name, "labels": labels_text(host.labels)})
