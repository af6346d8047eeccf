"""The built-in templates, read once from the files beside this one and checked whole.

A file that is wrong is a programming error and stops the portal's start-up checks: every template is loaded by a test.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gallery.compose.parse import parse_project, project_variables
from gallery.problems import TemplateNotFound
from gallery.registry.types import Platform

from .categories import CATEGORIES
from .contexts import hello_platform
from .types import Parameter, ParameterKind, Template

FOLDER = Path(__file__).parent / "templates"
PORTAL_PLATFORM = "linux/portal"
_KEYS = {"slug", "title", "summary", "description", "categories", "logo", "platforms", "order", "parameters", "compose"}
_PARAMETER_KEYS = {"name", "label", "kind", "default", "required", "help", "choices"}
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_SAMPLE = {ParameterKind.PORT: "8080", ParameterKind.NUMBER: "1", ParameterKind.HOST_PATH: "/srv/data"}


class TemplateBroken(ValueError):
    """A template file says something that makes no sense."""


def _need(condition: bool, message: str) -> None:
    if not condition:
        raise TemplateBroken(message)


def parameter_from(given: Mapping[str, Any], slug: str) -> Parameter:
    """A question out of a file. Raises TemplateBroken, KeyError, ValueError."""
    _need(set(given) <= _PARAMETER_KEYS, f"{slug}: unknown keys {sorted(set(given) - _PARAMETER_KEYS)} in a parameter")
    found = Parameter(
        name=str(given["name"]),
        label=str(given["label"]),
        kind=ParameterKind(given["kind"]),
        default=str(given.get("default", "")),
        required=bool(given.get("required", False)),
        help=str(given.get("help", "")),
        choices=tuple(str(choice) for choice in given.get("choices", ())),
    )
    chooses = found.kind is ParameterKind.CHOICE
    _need(chooses == bool(found.choices), f"{slug}: {found.name} must have choices if and only if it is a choice")
    _need(not chooses or found.default in found.choices, f"{slug}: {found.name} has a default that is no choice")
    _need(not (found.secret and found.default), f"{slug}: {found.name} is a secret with a default")
    return found


def _platform(text: str) -> Platform:
    if text == PORTAL_PLATFORM:
        return hello_platform()
    os, architecture, *variant = text.split("/")
    return Platform(os, architecture, *variant)


def sample_values(parameters: tuple[Parameter, ...]) -> dict[str, str]:
    """A value for every parameter: its default, or something that fits its kind."""
    return {
        one.name: one.default or (one.choices[0] if one.choices else _SAMPLE.get(one.kind, "example"))
        for one in parameters
    }


def template_from(text: str) -> Template:
    """The template that a file describes. Raises TemplateBroken, ComposeInvalid, KeyError, ValueError."""
    given = YAML(typ="safe", pure=True).load(text)
    slug = str(given.get("slug", ""))
    _need(bool(_SLUG.match(slug)), f"“{slug}” is not a slug")
    _need(set(given) <= _KEYS, f"{slug}: unknown keys {sorted(set(given) - _KEYS)}")
    parameters = tuple(parameter_from(one, slug) for one in given.get("parameters", ()))
    names = {one.name for one in parameters}
    _need(len(names) == len(parameters), f"{slug}: a parameter is there twice")
    compose = str(given["compose"])
    used = {variable.name for variable in project_variables(compose)}
    _need(used == names, f"{slug}: parameters and variables differ: {sorted(used ^ names)}")
    categories = tuple(given["categories"])
    _need(bool(categories) and set(categories) <= set(CATEGORIES), f"{slug}: unknown categories {categories}")
    project = parse_project(compose, sample_values(parameters), slug)
    return Template(
        slug=slug,
        title=str(given["title"]),
        summary=str(given["summary"]),
        description=str(given["description"]),
        categories=categories,
        logo=str(given["logo"]),
        platforms=tuple(_platform(one) for one in given["platforms"]),
        parameters=parameters,
        compose=compose,
        images=tuple(dict.fromkeys(service.image for service in project.services)),
        order=int(given.get("order", 100)),
    )


@lru_cache(maxsize=1)
def template_list() -> tuple[Template, ...]:
    """Every built-in template, in the order they are shown."""
    found = [template_from(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.yaml"))]
    return tuple(sorted(found, key=lambda one: (one.order, one.title)))


def template_find(*, q: str = "", category: str = "", among: Iterable[Template] | None = None) -> tuple[Template, ...]:
    """Templates in a category whose name, summary or images contain every word of `q`; best matches first.

    among: what is looked through; the built-in ones by themselves.
    """
    words = q.lower().split()

    def rank(one: Template) -> int:
        name = f"{one.slug} {one.title}".lower()
        rest = f"{one.summary} {' '.join(one.images)} {' '.join(one.categories)}".lower()
        if not all(word in name or word in rest for word in words):
            return -1
        return 2 if all(word in name for word in words) else 1

    every = template_list() if among is None else among
    found = [one for one in every if rank(one) > 0 and (not category or category in one.categories)]
    return tuple(sorted(found, key=lambda one: -rank(one)))


def template_get(slug: str) -> Template:
    """The template of that slug. Raises TemplateNotFound."""
    for one in template_list():
        if one.slug == slug:
            return one
    raise TemplateNotFound(f"The gallery has no template “{slug}”. Look through the list of templates.")
