"""The form of a Docker context."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.people.models import Role

DAYS = [
    (str(86_400), _("1 day")),
    (str(7 * 86_400), _("7 days")),
    (str(30 * 86_400), _("30 days")),
    (str(90 * 86_400), _("90 days")),
    (str(365 * 86_400), _("1 year")),
]


class ContextForm(forms.Form):
    """ttl_seconds and role; `own` is the role of who asks, the most there is to choose."""

    role = forms.ChoiceField(label=_("Role"), help_text=_("What docker commands with this file may do."))
    ttl_seconds = forms.TypedChoiceField(label=_("Good for"), choices=DAYS, coerce=int, initial=str(30 * 86_400))

    def __init__(self, *args: Any, own: Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [(role.value, role.label) for role in Role if own.includes(role)]
        field.initial = own.value
