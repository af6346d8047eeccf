"""The form of a solution: where its machines are made, what it is called, and what its application asks."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from gallery.solutions.types import Solution
from hosts.azure.network import ANYWHERE
from hosts.forms.deploy import parameter_field
from hosts.models import AzureSubscription


class SolutionForm(forms.Form):
    """`size_ROLE` is the size of a kind of machines, `param_NAME` the answer to a question."""

    subscription = forms.ModelChoiceField(
        label=_("Subscription"), queryset=AzureSubscription.objects.none(), empty_label=None
    )
    name = forms.CharField(
        label=_("Name"), max_length=9, help_text=_("Of the application; machines are called NAME-ROLE-1 and so on.")
    )
    region = forms.CharField(label=_("Region"), max_length=40, initial="westeurope", help_text=_("Such as westeurope."))
    reach = forms.CharField(
        label=_("Who reaches the web address"),
        max_length=64,
        initial=ANYWHERE,
        help_text=_("“Internet” for everybody, or an address range such as 203.0.113.0/24. No other port is open."),
    )

    def __init__(
        self, *args: Any, subscriptions: "QuerySet[AzureSubscription]", template: Solution, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.template = template
        field = self.fields["subscription"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = subscriptions
        for kind in template.machines:
            label = _("Size of: %(title)s") % {"title": kind.title}
            self.fields[f"size_{kind.role}"] = forms.CharField(label=label, max_length=60, initial=kind.size)
        for parameter in template.parameters:
            self.fields[f"param_{parameter.name}"] = parameter_field(parameter)

    def size_fields(self) -> list[forms.BoundField]:
        return [self[f"size_{kind.role}"] for kind in self.template.machines]

    def parameter_fields(self) -> list[forms.BoundField]:
        return [self[f"param_{one.name}"] for one in self.template.parameters]

    def sizes(self) -> dict[str, str]:
        """Role -> machine size."""
        return {kind.role: self.cleaned_data[f"size_{kind.role}"].strip() for kind in self.template.machines}

    def values(self) -> dict[str, str]:
        """NAME -> value for interpolation."""
        found = {one.name: self.cleaned_data[f"param_{one.name}"] for one in self.template.parameters}
        return {name: "" if value is None else str(value) for name, value in found.items()}
