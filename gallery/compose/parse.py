"""Compose texts -> Project. [Compose Specification]

Every attribute is applied (it has a field in `types`) or refused by name with its line and column; `x-` is left out and
`version` is a note without meaning, as the specification says of both.
"""

import re
from collections.abc import Iterator, Mapping

from . import refused
from .assemble import SECTIONS, Loader
from .attributes import ATTRIBUTES
from .contents import read_contents
from .dotenv import read_dotenv
from .errors import ComposeInvalid, Refusal
from .interpolation import Unresolved, variables_in
from .networks import DEFAULT, KEY, read_networks, read_volumes
from .nodes import Entry, Map, Scalar, load, transform
from .reader import Reader
from .service import JOINED, Surroundings, read_service
from .sources import MAIN, Sources
from .types import Project, Service, Variable

_PROJECT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")
MAX_SERVICES = 200


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


def _check_cycles(reader: Reader, services: list[Service], entries: Mapping[str, Entry]) -> None:
    waiting = {service.name: {dependency.service for dependency in service.depends_on} for service in services}
    while ready := [name for name, needed in waiting.items() if not needed]:
        for name in ready:
            del waiting[name]
        for needed in waiting.values():
            needed.difference_update(ready)
    if waiting:
        place = entries[next(iter(waiting))]
        names = ", ".join(sorted(waiting))
        reader.refuse("services", place, f"Services wait for each other in a circle: {names}.", "Break the circle.")


def _check_names(
    reader: Reader, services: list[Service], networks: Map | None, volumes: Map | None, places: Mapping[str, Entry]
) -> None:
    """Networks, volumes and container names that services name must exist, and be named once."""
    known_networks = set(networks.entries if networks else ()) | {DEFAULT}
    known_volumes = set(volumes.entries if volumes else ())
    taken: dict[str, str] = {}
    for service in services:
        place = places[service.name]
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


def _all_values(reader: Reader, sources: Sources) -> dict[str, str]:
    """The values given, over those of `.env`."""
    given = dict(sources.values)
    if ".env" not in sources.files:
        return given
    found, refusals = read_dotenv(sources.files[".env"], given, ".env")
    reader.refusals += refusals
    return {**found, **given}


def _split_profiles(
    reader: Reader, entries: list[Entry], sources: Sources, values: Mapping[str, str]
) -> tuple[list[Entry], list[Entry]]:
    """(services that are on, services whose profiles are not chosen). [Compose Specification, Profiles]"""
    chosen = {*sources.profiles, *(word.strip() for word in values.get("COMPOSE_PROFILES", "").split(","))} - {""}
    on: list[Entry] = []
    idle: list[Entry] = []
    for entry in entries:
        node = entry.value.get("profiles") if isinstance(entry.value, Map) else None
        wanted = set(Reader().texts(node, "")) if node is not None else set()
        (on if not wanted or "*" in chosen or wanted & chosen else idle).append(entry)
    for entry in idle:
        reader.checked(entry.value, f"services.{entry.key}", (*ATTRIBUTES, *JOINED), refused.SERVICE)
    if entries and not on and not reader.refusals:
        names = ", ".join(entry.key for entry in idle)
        message = f"No service is switched on; each has profiles ({names})."
        reader.refuse("services", idle[0], message, "Choose profiles in the value COMPOSE_PROFILES.")
    return on, idle


def load_project(sources: Sources, name: str | None = None) -> Project:
    """The project that some files describe.

    name: of the project; else the main file's own `name`. Raises ComposeInvalid with every refusal, in the order of the
    text, the main file first.
    """
    reader = Reader(sources)
    try:
        project = _project(reader, sources, name)
    except ComposeInvalid as error:
        found = error.refusals if error.refusals != tuple(reader.refusals) else ()
        raise ComposeInvalid(_ordered([*reader.refusals, *found], sources)) from error
    if reader.refusals:
        raise ComposeInvalid(_ordered(reader.refusals, sources))
    return project


def _ordered(refusals: list[Refusal], sources: Sources) -> list[Refusal]:
    """Each once, by file and place."""
    order = {sources.label(path): number for number, path in enumerate(sources.compose)}
    once = dict.fromkeys(refusals)
    return sorted(once, key=lambda one: (order.get(one.file, len(order)), one.file, one.line, one.column))


def _project(reader: Reader, sources: Sources, name: str | None) -> Project:
    missing = [path for path in sources.compose if path not in sources.files]
    if missing or not sources.compose:
        reader.refuse("", None, f"There is no file “{missing[0] if missing else MAIN}” in the application.")
        raise ComposeInvalid(reader.refusals)
    values = _all_values(reader, sources)
    tree = Loader(sources, reader).project(values)
    top = reader.checked(tree, "", ("version", "name", "include", *SECTIONS), {})
    for key in refused.TOP:
        if key in top.entries:
            reader.refuse(key, top.entries[key], f"“{key}” is not applied.", refused.TOP[key])
    project = _project_name(reader, top, name)
    on, idle = _split_profiles(reader, _service_entries(reader, top), sources, values)
    around = Surroundings(
        frozenset(entry.key for entry in on),
        frozenset(entry.key for entry in idle),
        values,
        read_contents(reader, top.get("configs"), "configs", values),
        read_contents(reader, top.get("secrets"), "secrets", values),
    )
    services = [read_service(reader, entry, around) for entry in on]
    networks = read_networks(reader, top.get("networks"), project)
    volumes = read_volumes(reader, top.get("volumes"), project)
    places = {entry.key: entry for entry in on}
    _check_names(reader, services, _section(top, "networks"), _section(top, "volumes"), places)
    _check_cycles(reader, services, places)
    used = {joined.key for service in services for joined in service.networks}
    mounted = {mount.source for service in services for mount in service.mounts if mount.type == "volume"}
    return Project(
        project,
        tuple(services),
        {key: network for key, network in networks.items() if key in used},
        {key: volume for key, volume in volumes.items() if key in mounted},
        tuple(entry.key for entry in idle),
        tuple(dict.fromkeys(reader.notes)),
    )


def parse_project(text: str, values: Mapping[str, str] | None = None, name: str | None = None) -> Project:
    """The project that one compose text describes, without further files.

    values: what variables stand for. name: of the project; else the text's own `name`.
    Raises ComposeInvalid with every refusal, in the order of the text.
    """
    return load_project(Sources({MAIN: text}, values=values or {}), name)


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
