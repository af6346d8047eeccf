"""The form of an export: what the machines are called, where they are made, and what becomes of the tokens."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hosts.forms.hosts import TTL_CHOICES
from hosts.services.exports import Tokens

TOKEN_CHOICES = [
    (Tokens.NONE.value, _("No token: I make one later")),
    (Tokens.APART.value, _("Make tokens, and show them beside the files")),
    (Tokens.INSIDE.value, _("Make tokens, and write them into the files")),
]


class ExportForm(forms.Form):
    """name: of the machines; region: for the template alone."""

    name = forms.CharField(
        label=_("Name"), max_length=9, help_text=_("Machines are called NAME-1, or NAME-KIND-1 with several kinds.")
    )
    region = forms.CharField(label=_("Region"), max_length=60, help_text=_("Of Azure, such as westeurope."))
    tokens = forms.ChoiceField(
        label=_("Enrolment tokens"),
        choices=TOKEN_CHOICES,
        initial=Tokens.NONE.value,
        help_text=_("A token makes machines hosts. Whoever has one can add as many machines as it allows."),
    )
    ttl_seconds = forms.TypedChoiceField(label=_("A token works for"), choices=TTL_CHOICES, coerce=int, initial=86_400)

    def __init__(self, *args: Any, name: str, region: str, **kwargs: Any) -> None:
        """name, region: what the fields begin with."""
        kwargs.setdefault("initial", {"name": name, "region": region})
        super().__init__(*args, **kwargs)
