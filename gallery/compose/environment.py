"""environment, env_file and label_file of a service, and its hooks."""

from collections.abc import Mapping

from .dotenv import read_dotenv
from .nodes import UNRESOLVED, Items, Map, Node, Scalar
from .parts import Hook
from .reader import Reader


def read_environment(reader: Reader, node: Node | None, path: str, values: Mapping[str, str]) -> dict[str, str]:
    """Complete values; a name alone takes the value given for the application."""
    found: dict[str, str] = {}
    for name, value in reader.pairs(node, path).items():
        if value is not None:
            if value.kind != UNRESOLVED:
                found[name] = value.text
        elif name in values:
            found[name] = values[name]
        else:
            reader.refuse(f"{path}.{name}", node, f"{name} has no value.", f"Write a value, or give {name} a value.")
    return found


def read_env_files(reader: Reader, node: Node | None, path: str, values: Mapping[str, str]) -> dict[str, str]:
    """The variables of every env_file, later files over earlier ones."""
    if node is None or (isinstance(node, Scalar) and node.kind == "null"):
        return {}
    found: dict[str, str] = {}
    for number, item in enumerate(node.items if isinstance(node, Items) else (node,)):
        where = f"{path}[{number}]" if isinstance(node, Items) else path
        name, required, raw = _env_file(reader, item, where)
        if name is None:
            continue
        if not required and not _there(reader, name):
            continue
        file = reader.project_file(item, where, name)
        if file is not None:
            text = reader.sources.files[file]
            more, refusals = read_dotenv(text, {**values, **found}, reader.sources.label(file), raw=raw)
            found |= more
            reader.refusals += refusals
    return found


def _there(reader: Reader, name: str) -> bool:
    quiet = Reader(reader.sources)
    return quiet.project_file(Map(), "", name) is not None


def _env_file(reader: Reader, node: Node, path: str) -> tuple[str | None, bool, bool]:
    """(path as written, whether it must be there, whether its values are raw)."""
    if not isinstance(node, Map):
        return reader.text(node, path), True, False
    known = reader.checked(node, path, ("path", "required", "format"))
    name = reader.text(known.get("path"), f"{path}.path")
    if known.get("path") is None:
        reader.refuse(path, node, "“path”, the file, is missing.")
    required = reader.flag(known.get("required"), f"{path}.required") is not False
    form = reader.choice(known.get("format"), f"{path}.format", ("raw", "compose", "default"))
    return name, required, form == "raw"


def read_label_files(reader: Reader, node: Node | None, path: str, values: Mapping[str, str]) -> dict[str, str]:
    """The labels of every label_file, NAME=value a line."""
    found: dict[str, str] = {}
    for text in reader.texts(node, path):
        file = reader.project_file(node or Map(), path, text)
        if file is not None:
            more, refusals = read_dotenv(reader.sources.files[file], values, reader.sources.label(file))
            found |= more
            reader.refusals += refusals
    return found


def read_hooks(reader: Reader, node: Node, path: str, values: Mapping[str, str]) -> tuple[Hook, ...]:
    """[services.post_start, services.pre_stop]"""
    if not isinstance(node, Items):
        reader.refuse(path, node, "This must be a list.", "Put “- ” before “command”.")
        return ()
    found = []
    for number, item in enumerate(node.items):
        where = f"{path}[{number}]"
        known = reader.checked(item, where, ("command", "user", "privileged", "working_dir", "environment"))
        command = reader.words(known.get("command"), f"{where}.command")
        if not command:
            reader.refuse(where, item, "The hook has no command.", "Write it like command: [/setup.sh].")
            continue
        found.append(
            Hook(
                command,
                reader.text(known.get("user"), f"{where}.user") or "",
                reader.text(known.get("working_dir"), f"{where}.working_dir") or "",
                reader.flag(known.get("privileged"), f"{where}.privileged") or False,
                read_environment(reader, known.get("environment"), f"{where}.environment", values),
            )
        )
    return tuple(found)
