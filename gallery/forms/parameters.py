"""Questions of a template as rows of a form, and guesses of them from a compose text."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gallery.catalogue.types import Parameter, ParameterKind
from gallery.catalogue.values import value_problem
from gallery.compose.parse import project_variables
from gallery.compose.secrecy import looks_secret

MAX_ROWS = 60
KINDS: tuple[tuple[str, str | Promise], ...] = (
    ("string", _("Text")),
    ("number", _("Number")),
    ("secret", _("Secret")),
    ("choice", _("Choice")),
    ("port", _("Port")),
    ("host-path", _("Path on the host")),
)
_COLUMNS = ("name", "label", "kind", "default", "required", "help", "choices")


@dataclass
class ParameterRow:
    """One question as typed. choices: separated by commas. required: "yes" or ""."""

    name: str = ""
    label: str = ""
    kind: str = "string"
    default: str = ""
    required: str = ""
    help: str = ""
    choices: str = ""

    @property
    def parameter(self) -> Parameter:
        """The question; a label that is left out is the name. A secret has no usual answer."""
        kind = ParameterKind(self.kind) if self.kind in set(ParameterKind) else ParameterKind.STRING
        choices = tuple(part.strip() for part in self.choices.split(",") if part.strip())
        return Parameter(
            self.name.strip(),
            self.label.strip() or self.name.strip(),
            kind,
            "" if kind is ParameterKind.SECRET else self.default,
            self.required == "yes",
            self.help.strip(),
            choices if kind is ParameterKind.CHOICE else (),
        )


def rows_sent(data: QueryDict) -> list[ParameterRow]:
    """The rows that were sent; one without a name is a row that was left empty."""
    columns = [data.getlist(f"p_{name}")[:MAX_ROWS] for name in _COLUMNS]
    rows = [ParameterRow(*(text.replace("\r\n", "\n") for text in row)) for row in zip_longest(*columns, fillvalue="")]
    return [row for row in rows if any((row.name.strip(), row.label.strip(), row.default, row.help.strip()))]


def rows_of(parameters: Sequence[Parameter]) -> list[ParameterRow]:
    """Questions as rows."""
    return [
        ParameterRow(
            one.name,
            one.label,
            one.kind.value,
            one.default,
            "yes" if one.required else "",
            one.help,
            ", ".join(one.choices),
        )
        for one in parameters
    ]


def rows_guessed(compose: str, known: Sequence[ParameterRow]) -> list[ParameterRow]:
    """The rows, and one for each variable of the text that has none yet. Raises ComposeInvalid."""
    there = {row.name.strip() for row in known}
    return [*known, *rows_of(parameters_guessed(compose, there))]


def parameters_guessed(compose: str, there: Collection[str] = ()) -> list[Parameter]:
    """A question for each variable that the text names and `there` does not. Raises ComposeInvalid."""
    return [
        _guess(variable.name, variable.default or "", variable.required)
        for variable in project_variables(compose)
        if variable.name not in there
    ]


def _guess(name: str, default: str, required: bool) -> Parameter:
    label = name.replace("_", " ").strip().capitalize() or name
    kind = ParameterKind.STRING
    if looks_secret(name):
        kind, default = ParameterKind.SECRET, ""
    elif "PORT" in name.upper().split("_"):
        kind = ParameterKind.PORT
    elif default.startswith("/"):
        kind = ParameterKind.HOST_PATH
    elif default.lstrip("-").isdigit():
        kind = ParameterKind.NUMBER
    found = Parameter(name, label, kind, default, required)
    return replace(found, kind=ParameterKind.STRING) if default and value_problem(found, default) else found
