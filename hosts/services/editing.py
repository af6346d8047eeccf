"""What a compose text would mean: everything wrong with it, everything that deserves a look. Changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from gallery.compose.convert.docker_run import docker_run_to_compose
from gallery.compose.convert.portainer import PortainerTemplate, portainer_templates
from gallery.compose.dotenv import read_dotenv
from gallery.compose.errors import ComposeInvalid, Refusal
from gallery.compose.parse import project_variables
from gallery.compose.types import Note, Project, Variable
from gallery.problems import ReferenceInvalid
from hosts.models import Application
from hosts.services.applications import files_clean
from hosts.services.plans import project_of
from hosts.services.secrets import stand_ins
from portal.problems import Invalid

__all__ = ["PortainerTemplate", "Refusal", "docker_run_to_compose", "portainer_templates"]

VALUES_FILE = "values"


@dataclass(frozen=True)
class Checked:
    """refusals: why it cannot be used, () when it can. project: what it means then. missing: variables and secrets
    that have no value yet."""

    refusals: tuple[Refusal, ...]
    notes: tuple[Note, ...] = ()
    project: Project | None = None
    variables: tuple[Variable, ...] = ()

    @property
    def valid(self) -> bool:
        return not self.refusals


def compose_check(
    *,
    compose: str,
    values: Mapping[str, str],
    files: Mapping[str, str] | None = None,
    secrets: tuple[str, ...] = (),
    name: str = "",
    application: Application | None = None,
) -> Checked:
    """Read it as if it were saved. secrets: names that will have a value besides those of the application."""
    kept = stand_ins(application) if application is not None else {}
    kept |= {one: f"⁅{one}⁆" for one in secrets if one not in kept}
    name = application.name if application is not None else name or "application"
    try:
        variables = project_variables(compose)
    except ComposeInvalid as error:
        return Checked(error.refusals)
    try:
        more = files_clean(files or {})
        project = project_of(compose=compose, values=values, name=name, files=more, secrets=kept)
    except ComposeInvalid as error:
        return Checked(error.refusals, variables=variables)
    except (Invalid, ReferenceInvalid) as error:
        return Checked((Refusal("", 0, 0, error.detail, "Correct it."),), variables=variables)
    return Checked((), project.notes, project, variables)


def values_read(text: str) -> dict[str, str]:
    """NAME=value lines, as in `.env`. Raises Invalid under "values" with the line of each mistake."""
    found, refusals = read_dotenv(text, {}, "")
    if refusals:
        raise Invalid(str(refusals[0]), fields={"values": [str(refusal) for refusal in refusals]})
    return found


def values_written(values: Mapping[str, str]) -> str:
    """The same the other way round."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in values.items())


def _quoted(value: str) -> str:
    if value and not set(value) & set("'\"\\$#\n\t ") and value == value.strip():
        return value
    if "'" not in value:
        return f"'{value}'" if value else ""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\n", "\\n")
    return f'"{escaped}"'
