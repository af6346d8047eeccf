"""Portainer's app templates, format 2 and 3 -> compose text. [Portainer documentation, App templates, Format]

Types 1 (a container) are converted. Types 2 and 3 (stacks) are files of a git repository: they are told by address, and
are imported from there.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import ComposeInvalid, Refusal
from ..write import compose_text

MAX_BYTES = 4 << 20
MAX_TEMPLATES = 2000
_NAME = re.compile(r"[^a-z0-9_-]+")
CONTAINER, SWARM, STACK = 1, 2, 3
KNOWN = {
    "id", "type", "title", "name", "description", "note", "categories", "platform", "logo", "image", "registry",
    "command", "env", "ports", "volumes", "network", "labels", "privileged", "interactive", "restart_policy",
    "hostname", "administrator_only", "administrator-only", "repository", "stackFile", "maintainer", "date",
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A variable that a template asks for. default: None when it has none. choices: (value, its words) to choose from.

    preset: it is set and not asked for.
    """

    name: str
    label: str = ""
    help: str = ""
    default: str | None = None
    choices: tuple[tuple[str, str], ...] = ()
    preset: bool = False


@dataclass(frozen=True)
class PortainerTemplate:
    """One template. compose: "" when it is a stack of a git repository, whose `repository` and `file` say where.

    platform: linux, windows or "". refusal: why it was not converted, "" when it was. questions: its variables.
    admin_only: it is for administrators.
    """

    title: str
    name: str
    description: str = ""
    note: str = ""
    categories: tuple[str, ...] = ()
    platform: str = ""
    logo: str = ""
    compose: str = ""
    repository: str = ""
    file: str = ""
    refusal: str = ""
    questions: tuple[Question, ...] = ()
    admin_only: bool = False


def portainer_templates(text: str) -> tuple[PortainerTemplate, ...]:
    """Every template of a templates.json. Raises ComposeInvalid when the text is none."""
    return tuple(_template(row) for row in _rows(text))


def _rows(text: str) -> list[Any]:
    if len(text) > MAX_BYTES:
        raise _invalid("It is larger than 4 MiB.")
    try:
        found = json.loads(text)
    except ValueError as error:
        line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        raise ComposeInvalid(
            [Refusal("", line, column, "This is not valid JSON.", "Paste a templates.json of Portainer.")]
        ) from error
    except RecursionError as error:
        raise _invalid("It is nested too deep.") from error
    if isinstance(found, Mapping):
        if str(found.get("version")) not in {"2", "3"}:
            raise _invalid("Its version is neither 2 nor 3.")
        found = found.get("templates")
    if not isinstance(found, list) or len(found) > MAX_TEMPLATES:
        raise _invalid(f"It has no list of at most {MAX_TEMPLATES} templates.")
    return found


def _invalid(message: str) -> ComposeInvalid:
    return ComposeInvalid([Refusal("", 1, 1, message, "Paste a templates.json of Portainer, format 2 or 3.")])


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _list(row: Mapping[str, Any], key: str) -> list[Any]:
    value = row.get(key)
    return value if isinstance(value, list) else []


def _template(row: Any) -> PortainerTemplate:
    if not isinstance(row, Mapping):
        return PortainerTemplate("", "", refusal="It is not a template.")
    title = _text(row, "title") or _text(row, "name") or _text(row, "image")
    name = _NAME.sub("-", (_text(row, "name") or title).lower()).strip("-_")[:63] or "app"
    found = PortainerTemplate(
        title,
        name,
        _text(row, "description"),
        re.sub(r"<[^>]*>", "", _text(row, "note")),
        tuple(str(one) for one in _list(row, "categories") if isinstance(one, str)),
        _text(row, "platform"),
        _text(row, "logo"),
        questions=tuple(_question(one) for one in _list(row, "env") if isinstance(one, Mapping) and one.get("name")),
        admin_only=row.get("administrator_only") is True or row.get("administrator-only") is True,
    )
    kind = _text(row, "type")
    if kind in {str(SWARM), str(STACK)}:
        repository = row.get("repository")
        where: Mapping[str, Any] = repository if isinstance(repository, Mapping) else {}
        if not _text(where, "url"):
            return replace(found, refusal="It is a stack, and names no repository.")
        return replace(found, repository=_text(where, "url"), file=_text(where, "stackfile") or "docker-compose.yml")
    if kind != str(CONTAINER):
        return replace(found, refusal=f"Templates of type “{kind}” are not converted.")
    if unknown := sorted(set(row) - KNOWN):
        names = ", ".join(f"“{one}”" for one in unknown)
        return replace(found, refusal=f"{names} is not known in a template.")
    if not _text(row, "image"):
        return replace(found, refusal="It names no image.")
    return replace(found, compose=_compose(row, name))


def _compose(row: Mapping[str, Any], name: str) -> str:
    registry = _text(row, "registry").rstrip("/")
    image = _escaped(_text(row, "image"))
    service: dict[str, Any] = {"image": f"{registry}/{image}" if registry else image}
    for key, attribute in (("command", "command"), ("hostname", "hostname")):
        if _text(row, key):
            service[attribute] = _escaped(_text(row, key))
    service["restart"] = _text(row, "restart_policy") or "always"
    if row.get("privileged") is True:
        service["privileged"] = True
    if row.get("interactive") is True:
        service |= {"stdin_open": True, "tty": True}
    environment = dict(_variable(one) for one in _list(row, "env") if isinstance(one, Mapping) and one.get("name"))
    volumes = _volumes(_list(row, "volumes"), name)
    labels = {str(one["name"]): _escaped(str(one.get("value", ""))) for one in _list(row, "labels") if "name" in one}
    for attribute, value in (
        ("environment", environment),
        ("ports", [str(port) for port in _list(row, "ports") if isinstance(port, (str, int))]),
        ("volumes", [mount for mount, _ in volumes]),
        ("labels", labels),
    ):
        if value:
            service[attribute] = value
    network = _text(row, "network")
    networks: dict[str, Any] = {}
    if network in {"host", "none", "bridge"}:
        service["network_mode"] = network
    elif network:
        service["networks"], networks = [network], {network: {"external": True}}
    named: dict[str, Any] = {key: {} for _, key in volumes if key}
    return compose_text({"services": {name: service}, "networks": networks, "volumes": named})


def _escaped(text: str) -> str:
    return text.replace("$", "$$")


def _question(row: Mapping[str, Any]) -> Question:
    """One entry of `env`."""
    default = row.get("default", row.get("set"))
    chosen = [one for one in _list(row, "select") if isinstance(one, Mapping)]
    if default is None and chosen:
        first = next((one for one in chosen if one.get("default")), chosen[0])
        default = first.get("value")
    return Question(
        str(row["name"]),
        _text(row, "label"),
        _text(row, "description"),
        None if default is None else str(default),
        tuple((str(one.get("value", "")), _text(one, "text")) for one in chosen),
        row.get("preset") is True or "set" in row,
    )


def _variable(row: Mapping[str, Any]) -> tuple[str, str]:
    """NAME -> its value when it is preset, else a variable with the default."""
    asked = _question(row)
    if asked.preset:
        return asked.name, _escaped(asked.default or "")
    if asked.default is None:
        label = re.sub(r"[{}$]", "", asked.label or asked.name)
        return asked.name, f"${{{asked.name}:?{label}}}"
    return asked.name, f"${{{asked.name}:-{re.sub(r'[{}]', '', _escaped(asked.default))}}}"


def _volumes(rows: list[Any], name: str) -> list[tuple[str, str]]:
    """(the short form of the mount, the named volume it needs or "")."""
    found: list[tuple[str, str]] = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping) or not _text(row, "container"):
            continue
        mode = ":ro" if row.get("readonly") is True else ""
        source = _text(row, "bind")
        key = "" if source else f"{name}-data" + (f"-{number}" if number > 1 else "")
        target = _escaped(_text(row, "container"))
        found.append((f"{_escaped(source.removeprefix('!')) or key}:{target}{mode}", key))
    return found
