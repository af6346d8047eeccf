"""Forms of the account page."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Role, Team, User


class PasswordForm(forms.Form):
    """Sets a password; asks for the present one where there is one."""

    current = forms.CharField(
        label=_("Present password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label=_("New password"),
        help_text=_("At least 10 characters; a few words in a row are easy to keep in mind."),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label=_("New password, once more"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.has_usable_password():
            del self.fields["current"]

    def clean_repeated(self) -> str:
        repeated: str = self.cleaned_data["repeated"]
        if repeated != self.cleaned_data.get("password"):
            raise forms.ValidationError(_("The two are not the same. Type the new password again."))
        return repeated


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What it is for, e.g. “backup script”."), widget=forms.TextInput()
    )
    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), to_field_name="slug", empty_label=None)
    role = forms.ChoiceField(
        label=_("Role"), choices=Role.choices, help_text=_("At most your own role in the team, now and later.")
    )
    expires_at = forms.DateField(
        label=_("Ends after"),
        required=False,
        help_text=_("The last day on which it works. Empty: until it is revoked."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = teams

    def clean_expires_at(self) -> datetime | None:
        """The end of the chosen day, in the portal's time zone."""
        day = self.cleaned_data["expires_at"]
        return timezone.make_aware(datetime.combine(day, time.max)) if day else None
