"""Answers to the questions of a template: what is allowed for each kind, in one place for forms, API and templates."""

import re
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from .types import Parameter, ParameterKind

MAX_VALUE = 4000  # characters
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?\Z")
_PORT = re.compile(r"[0-9]{1,5}\Z")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]")


def value_problem(parameter: Parameter, value: str) -> str:
    """Why `value` is no answer to the question, a sentence with what to do; "" when it is one."""
    if not value:
        return _("An answer is needed.") if parameter.required else ""
    if len(value) > MAX_VALUE or "\x00" in value:
        return _("Write at most %(most)d characters.") % {"most": MAX_VALUE}
    if parameter.kind is ParameterKind.CHOICE and value not in parameter.choices:
        return _("Choose one of: %(choices)s.") % {"choices": ", ".join(parameter.choices)}
    if parameter.kind is ParameterKind.NUMBER and not _NUMBER.match(value):
        return _("Write a number, such as 3 or 0.5.")
    if parameter.kind is ParameterKind.PORT and not (_PORT.match(value) and 1 <= int(value) <= 65535):
        return _("Write a port, a number from 1 to 65535.")
    if parameter.kind is ParameterKind.HOST_PATH:
        return _path_problem(value)
    return ""


def _path_problem(value: str) -> str:
    """A path in full on the host: /srv/data, or D:\\data on Windows. A colon would end it in a short mount."""
    windows = bool(_WINDOWS.match(value))
    if not (windows or value.startswith("/")):
        return _("Write the whole path on the host, such as /srv/data or D:\\data.")
    rest = value[2:] if windows else value
    if ":" in rest or any(character in value for character in "\n\r\t"):
        return _("A path has no colon and no line break in it.")
    if ".." in re.split(r"[\\/]", value):
        return _("Write the path without “..”.")
    return ""


def values_problems(parameters: Sequence[Parameter], values: Mapping[str, str]) -> dict[str, str]:
    """NAME -> why its value is no answer; a name that is not asked for is told as well."""
    known = {parameter.name for parameter in parameters}
    found = {name: _("The template does not ask for it.") for name in values if name not in known}
    for parameter in parameters:
        if problem := value_problem(parameter, values.get(parameter.name, parameter.default)):
            found[parameter.name] = problem
    return found
