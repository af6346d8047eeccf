"""Forms of a team's collections."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gallery.services.collections import MOST_NAME, MOST_NOTE, MOST_SUMMARY

_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class CollectionForm(forms.Form):
    """A shelf of the team's own gallery."""

    name = forms.CharField(label=_("Name"), max_length=MOST_NAME)
    summary = forms.CharField(
        label=_("What it is for"), max_length=MOST_SUMMARY, required=False, help_text=_("Shown above the collection.")
    )


class ItemForm(forms.Form):
    """One thing more on a shelf."""

    item = forms.CharField(
        label=_("Repository or template"),
        max_length=512,
        help_text=_("As in nginx, ghcr.io/owner/name or template:hello."),
        widget=forms.TextInput(attrs=_PLAIN),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=MOST_NOTE,
        required=False,
        help_text=_("What the team should know: which tag, why this one."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
