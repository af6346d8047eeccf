"""Forms of teams and members."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import Role

ROLE_HELP = _("Viewer: sees. Deployer: also deploys and operates. Admin: also hosts and members.")


class TeamForm(forms.Form):
    """A new team."""

    name = forms.CharField(label=_("Name of the team"), max_length=80)


class MemberForm(forms.Form):
    """A new member: somebody who has a user already, or a newcomer."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        help_text=_("Letters, digits and @ . + - _. A name that is new makes a new user."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    name = forms.CharField(label=_("Full name"), max_length=150, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.VIEWER, help_text=ROLE_HELP)


class RoleForm(forms.Form):
    """Another role of a member."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
