"""Labels as people type them: `name=value`, separated by commas or line ends."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from hosts.labels import labels_clean
from portal.problems import Invalid


def labels_from(text: str) -> dict[str, str]:
    """The labels in `text`: "zone=eu, disk=ssd" or one a line. A name alone has the value "".

    Raises ValidationError with everything that does not fit.
    """
    labels: dict[str, str] = {}
    for part in re.split(r"[,\n]", text):
        entry = part.strip()
        if not entry:
            continue
        name, _sign, value = (piece.strip() for piece in entry.partition("="))
        if name in labels:
            raise ValidationError(_("“%(label)s” is given twice.") % {"label": name})
        labels[name] = value
    try:
        return labels_clean(labels)
    except Invalid as problem:
        raise ValidationError(problem.fields.get("labels", [problem.detail])) from problem


def labels_text(labels: dict[str, str]) -> str:
    """The inverse of `labels_from`, sorted by name."""
    return ", ".join(f"{name}={value}" if value else name for name, value in sorted(labels.items()))


class LabelsField(forms.CharField):
    """A line of labels; cleans to a dict."""

    def to_python(self, value: object) -> str:
        return str(super().to_python(value) or "")

    def clean(self, value: object) -> dict[str, str]:
        return labels_from(str(super().clean(value) or ""))
