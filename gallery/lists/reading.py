"""The text of a list -> its templates as they are kept: JSON-ready, each checked as a deploy would."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.text import slugify

from gallery.catalogue.loader import sample_values
from gallery.catalogue.types import Parameter, ParameterKind
from gallery.catalogue.values import value_problem
from gallery.compose.convert.portainer import PortainerTemplate, Question, portainer_templates
from gallery.compose.errors import ComposeInvalid, Refusal
from gallery.compose.parse import load_project, project_variables
from gallery.compose.secrecy import looks_secret
from gallery.compose.sources import MAIN, Sources
from gallery.services.templates import parameters_written
from portal.problems import Invalid

MOST_TEMPLATES = 1000
Entry = dict[str, Any]


def list_read(text: str) -> list[Entry]:
    """Every template, under a name that is there once. Raises Invalid under "url" when it is no such list.

    An entry: name, title, summary, description, note, categories, system, logo, compose, parameters, images,
    repository, file, refusal, admin_only.
    """
    try:
        if text.lstrip()[:1] == "[":
            raise ComposeInvalid([Refusal("", 1, 1, "It is the list of an old version.", "Use format 2 or 3.")])
        found = portainer_templates(text)
        if len(found) > MOST_TEMPLATES:
            raise ComposeInvalid([Refusal("", 0, 0, f"It has more than {MOST_TEMPLATES} templates.")])
    except ComposeInvalid as problem:
        message = " ".join(str(one) for one in problem.refusals)
        raise Invalid(message, code="list-invalid", fields={"url": [message]}) from problem
    names: set[str] = set()
    return [_entry(one, names) for one in found]


def _entry(one: PortainerTemplate, names: set[str]) -> Entry:
    start = slugify(one.title)[:44] or "template"
    name, number = start, 1
    while name in names:
        number += 1
        name = f"{start}-{number}"
    names.add(name)
    parameters = [_parameter(asked) for asked in one.questions if not (asked.preset and one.compose)]
    images, refusal = _checked(one.compose, parameters) if one.compose else ([], one.refusal)
    return {
        "name": name,
        "title": (one.title or name)[:100],
        "summary": " ".join(one.description.split())[:300],
        "description": one.description[:20_000],
        "note": one.note[:20_000],
        "categories": [slug for word in one.categories[:10] if (slug := slugify(word)[:60])],
        "system": one.platform if one.platform in {"linux", "windows"} else "",
        "logo": one.logo if _is_https(one.logo) else "",
        "compose": "" if refusal else one.compose,
        "parameters": parameters_written(parameters),
        "images": images,
        "repository": one.repository[:500] if _is_https(one.repository) else "",
        "file": one.file[:400],
        "refusal": refusal
        or ("" if one.compose or _is_https(one.repository) else "Its repository is no https address."),
        "admin_only": one.admin_only,
    }


def _is_https(url: str) -> bool:
    """Whether it is a plain address: no script, no data, nothing that a browser would do more with."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return len(url) <= 500 and parts.scheme == "https" and bool(parts.hostname) and not parts.username


def _parameter(asked: Question) -> Parameter:
    values = tuple(dict.fromkeys(value for value, _words in asked.choices if value))
    default = asked.default or ""
    kind = ParameterKind.STRING
    if values:
        kind = ParameterKind.CHOICE
    elif looks_secret(asked.name):
        kind, default = ParameterKind.SECRET, ""
    elif "PORT" in asked.name.upper().split("_"):
        kind = ParameterKind.PORT
    words = "; ".join(f"{value}: {text}" for value, text in asked.choices if value and text and text != value)
    found = Parameter(
        asked.name[:100],
        (asked.label or asked.name)[:100],
        kind,
        default[:4000],
        asked.default is None,
        " ".join(part for part in (asked.help, words) if part)[:300],
        values[:50],
    )
    if default and value_problem(found, found.default):
        return Parameter(found.name, found.label, ParameterKind.STRING, found.default, found.required, found.help)
    return found


def _checked(compose: str, parameters: Sequence[Parameter]) -> tuple[list[str], str]:
    """(images, why it is not deployed)."""
    try:
        names = {one.name for one in project_variables(compose)}
        values = {name: value for name, value in sample_values(tuple(parameters)).items() if name in names}
        secrets = {one.name: values[one.name] for one in parameters if one.secret and one.name in values}
        project = load_project(Sources({MAIN: compose}, (MAIN,), values, secrets), "template")
    except ComposeInvalid as problem:
        return [], problem.detail[:600]
    return list(dict.fromkeys(service.image for service in project.services if service.image)), ""


def differences(old: Sequence[Entry], new: Sequence[Entry]) -> dict[str, list[dict[str, Any]]]:
    """What would change: {"added", "changed", "removed"}, each {name, title}; of a changed one also `parts`."""
    before: Mapping[str, Entry] = {one["name"]: one for one in old}
    after: Mapping[str, Entry] = {one["name"]: one for one in new}
    return {
        "added": [_told(one) for name, one in after.items() if name not in before],
        "changed": [
            {**_told(one), "parts": [key for key in one if one[key] != before[name].get(key)]}
            for name, one in after.items()
            if name in before and any(one[key] != before[name].get(key) for key in one)
        ],
        "removed": [_told(one) for name, one in before.items() if name not in after],
    }


def _told(one: Entry) -> dict[str, Any]:
    return {"name": one["name"], "title": one["title"]}
