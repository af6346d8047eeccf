"""Forms of accounts at registries."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gallery.services.registries import AccountInput


class AccountForm(forms.Form):
    """A new account, or another secret of one."""

    host = forms.CharField(
        label=_("Registry"),
        max_length=255,
        initial="docker.io",
        help_text=_("docker.io is Docker Hub. Others: ghcr.io, myregistry.azurecr.io, registry.example.com:5000."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=255,
        required=False,
        help_text=_("Of a user, a robot or an application. Leave it out for a registry that wants none."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label=_("Access token or password"),
        max_length=16_384,
        required=False,
        strip=True,
        help_text=_("An access token that may only read is best. It is kept encrypted and never shown again."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    certificates = forms.CharField(
        label=_("Certificate of a private authority"),
        required=False,
        max_length=65_536,
        help_text=_("In PEM form, when the registry's certificate is signed by an authority of your own."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    def given(self, *, host: str = "") -> AccountInput:
        """What was entered. host: of an account that exists; then a secret left empty stays as it is."""
        data = self.cleaned_data
        secret = data["secret"] or (None if host else "")
        return AccountInput(host or data["host"], data["username"], secret, data["certificates"])


class AccountChangeForm(AccountForm):
    """The registry stays the same."""

    host = None  # type: ignore[assignment]
    secret = forms.CharField(
        label=_("New access token or password"),
        max_length=16_384,
        required=False,
        help_text=_("Leave it empty to keep the one that is stored."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
