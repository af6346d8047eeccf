"""Names and labels as people may give them. Pure."""

import re
from collections.abc import Mapping

from portal.problems import Invalid

CARRIER_IMAGE = "pierhead/volume-carrier"  # of the portal's own containers; nobody deploys it

MAX_LABELS = 32
MAX_VALUE = 120
MAX_NAME = 120

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9._/-]{0,61}[a-z0-9])?\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")


def labels_clean(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels, checked and sorted by name. Raises Invalid under the field "labels"."""
    wrong: list[str] = []
    if len(labels) > MAX_LABELS:
        wrong.append(f"A host has at most {MAX_LABELS} labels.")
    for key, value in labels.items():
        if not _KEY.match(str(key)):
            wrong.append(
                f"“{str(key)[:63]}” is not a label name: use lower-case letters, digits and . _ / - in between."
            )
        if len(str(value)) > MAX_VALUE or _CONTROL.search(str(value)):
            wrong.append(f"The value of “{str(key)[:63]}” must be one line of at most {MAX_VALUE} characters.")
    if wrong:
        raise Invalid(wrong[0], code="labels-invalid", fields={"labels": wrong})
    return {str(key): str(labels[key]) for key in sorted(labels)}


def name_clean(name: str) -> str:
    """A host name as shown, trimmed. Raises Invalid under the field "name"."""
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or _CONTROL.search(name):
        message = f"Give the host a name of 1 to {MAX_NAME} characters, without line breaks."
        raise Invalid(message, code="name-invalid", fields={"name": [message]})
    return name


def project_clean(name: str) -> str:
    """A compose project name. [Compose Specification, name] Raises Invalid under the field "name"."""
    name = name.strip()
    if not _PROJECT.match(name):
        message = (
            "An application's name starts with a lower-case letter or digit and goes on with lower-case letters, "
            "digits, - and _; at most 63 characters."
        )
        raise Invalid(message, code="name-invalid", fields={"name": [message]})
    return name


def labels_match(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether every wanted label is there with its value; a wanted value of "" accepts any."""
    return all(key in labels and value in ("", labels[key]) for key, value in wanted.items())
