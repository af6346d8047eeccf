"""Compose text -> Project. [Compose Specification]

Every attribute is applied (it has a field in `types`) or refused by name with its line and column; `x-` is left out and
`version` is a note without meaning, as the specification says of both.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from . import refused
from .errors import ComposeInvalid, Refusal
from .interpolation import Unresolved, interpolate, variables_in
from .networks import DEFAULT, KEY, read_networks, read_volumes
from .nodes import UNRESOLVED, Entry, Map, Scalar, load, transform
from .reader import Reader
from .service import read_service
from .types import Project, Service, Variable

_PROJECT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")
MAX_SERVICES = 200


def _interpolated(tree: Map, values: Mapping[str, str], reader: Reader) -> Map:
    def change(scalar: Scalar, path: str) -> Scalar:
        if "$" not in scalar.text:
            return scalar
        try:
            return replace(scalar, text=interpolate(scalar.text, values))
        except Unresolved as error:
            reader.refuse(path, scalar, str(error), error.remedy)
            return replace(scalar, text="", kind=UNRESOLVED)

    changed = transform(tree, change)
    return changed if isinstance(changed, Map) else tree


def _project_name(reader: Reader, top: Map, name: str | None) -> str:
    node = top.get("name")
    found = name or reader.text(node, "name") or ""
    if not found:
        reader.refuse("name", None, "The project has no name.", "Give the application a name.")
        return "project"
    if not _PROJECT_NAME.match(found):
        message = f"“{found}” is not a project name."
        reader.refuse("name", node, message, "Use up to 63 lower case letters, digits, dashes and underscores.")
    return found


def _service_entries(reader: Reader, top: Map) -> list[Entry]:
    node = top.get("services")
    entries = reader.entries(node, "services") if node is not None else []
    if not entries and not reader.refusals:
        reader.refuse("services", node, "There is no service in it.", "Name at least one service under “services”.")
    if len(entries) > MAX_SERVICES:
        reader.refuse("services", node, f"There are more than {MAX_SERVICES} services.", "Split the application.")
        return []
    for entry in entries:
        if not KEY.match(entry.key):
            remedy = "Use letters, digits, dots, dashes and underscores."
            reader.refuse(f"services.{entry.key}", entry, f"“{entry.key}” is not a service name.", remedy)
    return entries


def _check_cycles(reader: Reader, services: list[Service]) -> None:
    waiting = {service.name: {dependency.service for dependency in service.depends_on} for service in services}
    while ready := [name for name, needed in waiting.items() if not needed]:
        for name in ready:
            del waiting[name]
        for needed in waiting.values():
            needed.difference_update(ready)
    if waiting:
        names = ", ".join(sorted(waiting))
        reader.refuse("services", None, f"Services wait for each other in a circle: {names}.", "Break the circle.")


def _check_names(reader: Reader, services: list[Service], networks: Map | None, volumes: Map | None) -> None:
    """Networks, volumes and container names that services name must exist, and be named once."""
    known_networks = set(networks.entries if networks else ()) | {DEFAULT}
    known_volumes = set(volumes.entries if volumes else ())
    taken: dict[str, str] = {}
    for service in services:
        place = Scalar("", "str", service.line, 1)
        for joined in service.networks:
            if joined.key not in known_networks:
                message = f"There is no network “{joined.key}”."
                reader.refuse(f"services.{service.name}.networks", place, message, "Add it under “networks”.")
        for mount in service.mounts:
            if mount.type == "volume" and mount.source and mount.source not in known_volumes:
                message = f"There is no volume “{mount.source}”."
                reader.refuse(f"services.{service.name}.volumes", place, message, "Add it under “volumes”.")
        if service.container_name:
            if service.container_name in taken:
                message = f"The container name is taken by the service “{taken[service.container_name]}”."
                reader.refuse(f"services.{service.name}.container_name", place, message)
            taken[service.container_name] = service.name


def _section(top: Map, key: str) -> Map | None:
    node = top.get(key)
    return node if isinstance(node, Map) else None


def parse_project(text: str, values: Mapping[str, str] | None = None, name: str | None = None) -> Project:
    """The project that a compose text describes.

    values: what variables stand for. name: of the project; else the text's own `name`.
    Raises ComposeInvalid with every refusal, in the order of the text.
    """
    values = values or {}
    reader = Reader()
    tree = _interpolated(load(text), values, reader)
    top = reader.checked(tree, "", ("version", "name", "services", "networks", "volumes"), refused.TOP)
    project = _project_name(reader, top, name)
    entries = _service_entries(reader, top)
    names = {entry.key for entry in entries}
    services = [read_service(reader, entry, names, values) for entry in entries]
    networks = read_networks(reader, top.get("networks"), project)
    volumes = read_volumes(reader, top.get("volumes"), project)
    _check_names(reader, services, _section(top, "networks"), _section(top, "volumes"))
    _check_cycles(reader, services)
    if reader.refusals:
        raise ComposeInvalid(sorted(reader.refusals, key=lambda refusal: (refusal.line, refusal.column)))
    used = {joined.key for service in services for joined in service.networks}
    mounted = {mount.source for service in services for mount in service.mounts if mount.type == "volume"}
    return Project(
        project,
        tuple(services),
        {key: network for key, network in networks.items() if key in used},
        {key: volume for key, volume in volumes.items() if key in mounted},
    )


def _scalars(tree: Map) -> Iterator[tuple[Scalar, str]]:
    found: list[tuple[Scalar, str]] = []

    def note(scalar: Scalar, path: str) -> Scalar:
        found.append((scalar, path))
        return scalar

    transform(tree, note)
    yield from found


def project_variables(text: str) -> tuple[Variable, ...]:
    """The variables a text names, each once, in the order of the text; one with a default somewhere has that default.

    Raises ComposeInvalid when the text cannot be read.
    """
    found: dict[str, Variable] = {}
    refusals: list[Refusal] = []
    for scalar, path in _scalars(load(text)):
        try:
            for variable in variables_in(scalar.text):
                known = found.get(variable.name)
                if known is None:
                    found[variable.name] = variable
                else:
                    found[variable.name] = Variable(
                        variable.name,
                        variable.default if known.default is None else known.default,
                        known.required or variable.required,
                        known.help or variable.help,
                    )
        except Unresolved as error:
            refusals.append(Refusal(path, scalar.line, scalar.column, str(error), error.remedy))
    if refusals:
        raise ComposeInvalid(refusals)
    return tuple(found.values())
