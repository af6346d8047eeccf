"""Join parts into one project. The first part that uses a name keeps it; later ones get another and a note says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..interpolation import renamed_variables
from ..parse import project_variables
from ..write import compose_text
from .names import (
    Renaming,
    contents_referred,
    free_name,
    scalars_changed,
    services_renamed,
    volumes_referred,
)
from .networks import kept_apart, networks_referred
from .plain import left_out, plain_project
from .ports import PortTable


@dataclass(frozen=True)
class Part:
    """name: a word for names, "wordpress". title: for people. defaults: the usual answer to each variable asked for."""

    name: str
    title: str
    compose: str
    defaults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Joined:
    """compose: the text. renamed: for each part, its variables that have other names now. defaults: by new name.

    notes: what was changed and why, sentences.
    """

    compose: str
    renamed: tuple[Renaming, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass
class _Whole:
    """What has been joined so far."""

    sections: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {key: {} for key in ("services", "networks", "volumes", "configs", "secrets")}
    )
    variables: set[str] = field(default_factory=set)
    container_names: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def join(parts: Sequence[Part]) -> Joined:
    """One project of all parts. Raises ComposeInvalid when a part's text cannot be read."""
    whole = _Whole()
    defaults: dict[str, str] = {}
    renamed: list[Renaming] = []
    taken_in: list[dict[str, dict[str, Any]]] = []
    for part in parts:
        names = _variables(part, whole)
        renamed.append(names)
        defaults |= {names.get(name, name): value for name, value in part.defaults.items()}
        found = plain_project(part.compose)
        if names:
            found = scalars_changed(found, lambda text, names=names: renamed_variables(text, names))  # type: ignore[misc]
        taken_in.append(found)
    table = PortTable(defaults, notes=whole.notes)
    for found in taken_in:
        table.reserve(found["services"])
    for part, found in zip(parts, taken_in, strict=True):
        found["services"] = table.settle(found["services"], part.title)
        _take(whole, part, found)
    return Joined(compose_text(whole.sections), tuple(renamed), table.defaults, tuple(whole.notes))


def _variables(part: Part, whole: _Whole) -> Renaming:
    """Variables of the part whose names another one has: the two answers may differ."""
    names: dict[str, str] = {}
    for name in dict.fromkeys([*part.defaults, *(one.name for one in project_variables(part.compose))]):
        new = free_name(name, part.name.upper().replace("-", "_"), whole.variables, sign="_")
        whole.variables.add(new)
        if new != name:
            names[name] = new
    if names:
        told = ", ".join(f"{old} is {new}" for old, new in names.items())
        whole.notes.append(f"Questions of {part.title} have other names: {told}.")
    return names


def _take(whole: _Whole, part: Part, found: dict[str, dict[str, Any]]) -> None:
    services = found["services"]
    for kind in ("volumes", "configs", "secrets", "networks"):
        services = _section(whole, part, kind, found[kind], services)
    names = _renaming(part, services, whole.sections["services"])
    services = services_renamed(services, names)
    if names:
        services = _apart(whole, part, services, names)
    for key, body in services.items():
        whole.sections["services"][key] = _own_container_name(whole, part, body)
    if lost := left_out(part.compose):
        whole.notes.append(f"{part.title}: “{'”, “'.join(lost)}” is left out; it needs files that are not here.")


def _renaming(part: Part, wanted: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, str]:
    """Old name -> new name of what is taken."""
    names: dict[str, str] = {}
    taken = set(there)
    for key in wanted:
        new = free_name(key, part.name, taken | (set(wanted) - {key}))
        taken.add(new)
        if new != key:
            names[key] = new
    return names


def _section(whole: _Whole, part: Part, kind: str, wanted: dict[str, Any], services: dict[str, Any]) -> dict[str, Any]:
    """Take in a part's volumes, configs, secrets or networks; its services with their new names."""
    there = whole.sections[kind]
    shared = {key for key in wanted if key == "default" or (key in there and _outer(wanted[key], there[key]))}
    names = _renaming(part, {key: body for key, body in wanted.items() if key not in shared}, there)
    for key, body in wanted.items():
        if key not in shared or key not in there:
            there[names.get(key, key)] = body if body is not None else {}
    if not names:
        return services
    return {key: _referred(body, kind, names) for key, body in services.items()}


def _outer(one: Any, other: Any) -> bool:
    """Whether both say the same thing that lies outside of the project."""
    return isinstance(one, dict) and bool(one.get("external") or one.get("name")) and one == other


def _referred(body: Any, kind: str, names: Renaming) -> Any:
    if kind == "volumes":
        return volumes_referred(body, names)
    if kind == "networks":
        return networks_referred(body, names)
    return contents_referred(body, kind, names)


def _apart(whole: _Whole, part: Part, services: dict[str, Any], names: Renaming) -> dict[str, Any]:
    """A part with renamed services gets a network of its own, on which the old names lead to them."""
    own = free_name(part.name, part.name, whole.sections["networks"])
    before = {new: old for old, new in names.items()}
    found = {key: kept_apart(body, own, before.get(key, "")) for key, body in services.items()}
    used = {key for body in found.values() if isinstance(body, dict) for key in body.get("networks") or ()}
    if own in used:
        whole.sections["networks"][own] = {}
    told = ", ".join(f"{old} is {new}" for old, new in names.items())
    inside = f" On the network {own} they still reach each other by the old names." if len(services) > 1 else ""
    whole.notes.append(f"Services of {part.title} have other names: {told}.{inside}")
    return found


def _own_container_name(whole: _Whole, part: Part, body: Any) -> Any:
    name = body.get("container_name") if isinstance(body, dict) else None
    if not isinstance(name, str):
        return body
    if name not in whole.container_names:
        whole.container_names.add(name)
        return body
    whole.notes.append(f"{part.title}: the container name {name} is taken, and is left to the engine.")
    return {key: value for key, value in body.items() if key != "container_name"}
