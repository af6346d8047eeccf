"""The form in which a team writes a template; its questions are rows beside it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gallery.catalogue.categories import CATEGORIES
from gallery.services.templates import TemplateInput

from .parameters import ParameterRow


class TemplateForm(forms.Form):
    """What a template is, and its text."""

    title = forms.CharField(label=_("Title"), max_length=100)
    summary = forms.CharField(label=_("In one line"), max_length=300, required=False)
    description = forms.CharField(
        label=_("Description"),
        max_length=20_000,
        required=False,
        help_text=_("Markdown: what it is, what to do after the deploy."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    categories = forms.MultipleChoiceField(
        label=_("Categories"),
        choices=[(slug, title) for slug, title in CATEGORIES.items() if slug != "samples"],
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 5}),
    )
    compose = forms.CharField(
        label=_("Compose file"),
        max_length=262_144,
        strip=False,
        help_text=_("${NAME} stands for the answer to the question NAME."),
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "wrap": "off", "class": "code"}),
    )

    def given(self, rows: list[ParameterRow]) -> TemplateInput:
        """What was entered. Call after the form is valid."""
        data: dict[str, Any] = self.cleaned_data
        return TemplateInput(
            data["title"],
            data["compose"],
            tuple(row.parameter for row in rows),
            data["summary"],
            data["description"],
            tuple(data["categories"]),
        )
