"""The built-in solutions, read once from data/ and checked whole.

A file that is wrong is a programming error: every solution is loaded by a test.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gallery.catalogue.loader import TemplateBroken, parameter_from, sample_values
from gallery.catalogue.types import ParameterKind
from gallery.compose.parse import parse_project, project_variables
from gallery.problems import TemplateNotFound

from .types import MachineKind, Solution

FOLDER = Path(__file__).parent / "data"
_TEXTS = ("title", "summary", "makes", "needs", "description", "logo", "compose")
_KEYS = {"slug", "order", "cluster", "machines", "parameters", *_TEXTS}
_ROLE = re.compile(r"[a-z]{2,5}\Z")


def _need(condition: bool, message: str) -> None:
    if not condition:
        raise TemplateBroken(message)


def _machine(given: Mapping[str, Any], slug: str) -> MachineKind:
    found = MachineKind(**{**given, "open": tuple(str(one) for one in given.get("open", ()))})
    _need(bool(_ROLE.match(found.role)), f"{slug}: “{found.role}” is no role")
    _need(1 <= found.count <= 9, f"{slug}: {found.role} has {found.count} machines")
    return found


def solution_from(text: str) -> Solution:
    """The solution that a file describes. Raises TemplateBroken, ComposeInvalid, KeyError, TypeError, ValueError."""
    given = YAML(typ="safe", pure=True).load(text)
    slug = str(given["slug"])
    _need(set(given) <= _KEYS, f"{slug}: unknown keys {sorted(set(given) - _KEYS)}")
    parameters = tuple(parameter_from(one, slug) for one in given.get("parameters", ()))
    machines = tuple(_machine(one, slug) for one in given["machines"])
    _need(len({kind.role for kind in machines}) == len(machines), f"{slug}: a role is there twice")
    ports = {one.name for one in parameters if one.kind is ParameterKind.PORT}
    for kind in machines:
        _need(all(one.isdigit() or one in ports for one in kind.open), f"{slug}: {kind.role} opens what is no port")
    compose = str(given["compose"])
    used = {variable.name for variable in project_variables(compose)}
    names = {one.name for one in parameters}
    _need(used == names, f"{slug}: parameters and variables differ: {sorted(used ^ names)}")
    project = parse_project(compose, sample_values(parameters), slug)
    return Solution(
        slug=slug,
        **{name: str(given[name]) for name in _TEXTS},
        machines=machines,
        parameters=parameters,
        images=tuple(dict.fromkeys(service.image for service in project.services)),
        cluster=bool(given.get("cluster", False)),
        order=int(given.get("order", 100)),
        systems=tuple(dict.fromkeys("windows" if kind.windows else "linux" for kind in machines)),
    )


@lru_cache(maxsize=1)
def solution_list() -> tuple[Solution, ...]:
    """Every built-in solution, in the order they are shown."""
    found = [solution_from(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.yaml"))]
    return tuple(sorted(found, key=lambda one: (one.order, one.title)))


def solution_get(slug: str) -> Solution:
    """The solution of that slug. Raises TemplateNotFound."""
    for one in solution_list():
        if one.slug == slug:
            return one
    raise TemplateNotFound(f"The gallery has no solution “{slug}”. Look through the list of solutions.")


def values_of(solution: Solution, given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(values, what is wrong by parameter name): every parameter with what was given, or its usual answer."""
    wrong = {name: f"{name} is nothing that {solution.title} asks." for name in set(given)}
    values: dict[str, str] = {}
    for one in solution.parameters:
        wrong.pop(one.name, None)
        value = values[one.name] = str(given.get(one.name) or one.default)
        if one.required and not value:
            wrong[one.name] = f"{one.label} is needed."
        elif one.kind is ParameterKind.PORT and not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
            wrong[one.name] = "A port is a number from 1 to 65535."
        elif one.choices and value not in one.choices:
            wrong[one.name] = f"Choose one of {', '.join(one.choices)}."
        elif len(value) > 4000 or "\n" in value or "\x00" in value:
            wrong[one.name] = "One line of at most 4000 characters."
    return values, wrong
