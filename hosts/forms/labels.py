"""Labels as people type them: `name=value`, separated by commas or line ends."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._/-]{0,61}[a-z0-9])?\Z")
_MAX_LABELS = 32
_MAX_VALUE = 120


def labels_from(text: str) -> dict[str, str]:
    """The labels in `text`: "zone=eu, disk=ssd" or one a line. A name alone has the value "".

    Raises ValidationError naming the first label that does not fit.
    """
    labels: dict[str, str] = {}
    for part in re.split(r"[,\n]", text):
        entry = part.strip()
        if not entry:
            continue
        name, _sign, value = (piece.strip() for piece in entry.partition("="))
        if not _NAME.match(name):
            message = _("“%(label)s” is not a label. Write name=value; names use a-z, 0-9, dot, dash and slash.")
            raise ValidationError(message % {"label": entry})
        if len(value) > _MAX_VALUE:
            message = _("The value of “%(label)s” is longer than %(limit)d characters.")
            raise ValidationError(message % {"label": name, "limit": _MAX_VALUE})
        if name in labels:
            raise ValidationError(_("“%(label)s” is given twice.") % {"label": name})
        labels[name] = value
    if len(labels) > _MAX_LABELS:
        raise ValidationError(_("At most %(limit)d labels fit.") % {"limit": _MAX_LABELS})
    return labels


def labels_text(labels: dict[str, str]) -> str:
    """The inverse of `labels_from`, sorted by name."""
    return ", ".join(f"{name}={value}" if value else name for name, value in sorted(labels.items()))


class LabelsField(forms.CharField):
    """A line of labels; cleans to a dict."""

    def to_python(self, value: object) -> str:
        return str(super().to_python(value) or "")

    def clean(self, value: object) -> dict[str, str]:
        return labels_from(str(super().clean(value) or ""))
