"""The form that makes hosts of machines that are in Azure already."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hosts.azure.types import Machine
from hosts.services.azure_imports import WAYS

from .labels import LabelsField


class ImportForm(forms.Form):
    """names: machines as "group/name", all of one resource group."""

    names = forms.MultipleChoiceField(label=_("Machines"), widget=forms.CheckboxSelectMultiple)
    way = forms.ChoiceField(
        label=_("Install the agent by"),
        choices=list(WAYS.items()),
        help_text=_("A machine takes one set-up extension: if it has one of its own already, use the run command."),
    )
    labels = LabelsField(label=_("Host labels"), required=False, max_length=2000)

    def __init__(self, *args: Any, machines: Sequence[Machine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["names"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(f"{one.group}/{one.name}", _title(one)) for one in machines]

    def clean_names(self) -> list[str]:
        """Names of one group; an import is of one."""
        chosen: list[str] = self.cleaned_data["names"]
        if len({one.partition("/")[0].lower() for one in chosen}) > 1:
            raise forms.ValidationError(_("Choose machines of one resource group at a time."))
        return chosen

    @property
    def group(self) -> str:
        """The resource group of what was chosen."""
        return str(self.cleaned_data["names"][0]).partition("/")[0]


def _title(machine: Machine) -> str:
    return f"{machine.group} / {machine.name} · {machine.os} · {machine.size} · {machine.region}"
