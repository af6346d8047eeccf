"""The form of a list of templates."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ListForm(forms.Form):
    """Where a list lies."""

    title = forms.CharField(label=_("Title"), max_length=100)
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("Of a JSON file in Portainer's format 2 or 3, starting with https://."),
        widget=forms.TextInput(
            attrs={"class": "code", "inputmode": "url", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
