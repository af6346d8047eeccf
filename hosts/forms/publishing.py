"""The form that publishes an image."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class PublishForm(forms.Form):
    """tags: of the image, to begin with."""

    source = forms.ChoiceField(label=_("Image"), required=False)
    reference = forms.CharField(
        label=_("Publish as"),
        max_length=512,
        help_text=_(
            "Registry, namespace, name and tag: registry.example.com:5000/team/app:1, or acme/app:1 at Docker Hub."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *arguments: Any, tags: Sequence[str], **named: Any) -> None:
        super().__init__(*arguments, **named)
        choices = [(tag, tag) for tag in tags] or [("", str(_("the image itself")))]
        source = self.fields["source"]
        assert isinstance(source, forms.ChoiceField)  # noqa: S101 - for the type checker
        source.choices = choices
