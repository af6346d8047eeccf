"""configs and secrets: what they hold, and where a service gets them. [Compose Specification, configs, secrets]

A config or secret becomes a file in the container, written before it starts; never an environment value or a label.
"""

import posixpath
import re
from dataclasses import dataclass, field

from . import refused
from .nodes import UNRESOLVED, Entry, Items, Map, Node, Scalar
from .parts import CONFIG, PROJECT_FILE, SECRET, File
from .reader import Reader
from .types import Mount

MAX_CONTENT = 500 * 1024  # the specification's own bound, as a swarm has it
SOURCES = ("file", "environment", "content")
_MODE = re.compile(r"0?o?([0-7]{3,4})\Z")


@dataclass(frozen=True)
class Content:
    """One top-level config or secret. text: None when it was refused already."""

    key: str
    text: str | None = field(repr=False)


def read_contents(reader: Reader, node: Node | None, section: str, values: dict[str, str]) -> dict[str, Content]:
    """The top-level `configs` or `secrets` by key. values: for those that come from the environment."""
    found: dict[str, Content] = {}
    for entry in reader.entries(node, section) if node is not None else []:
        found[entry.key] = _content(reader, entry, section, values)
    return found


def _content(reader: Reader, entry: Entry, section: str, values: dict[str, str]) -> Content:
    path = f"{section}.{entry.key}"
    own = ("name", "file", "environment", "external", "labels")
    if section == "configs":
        known = reader.checked(entry.value, path, (*own, "content"), refused.CONTENT)
    else:
        known = reader.checked(entry.value, path, own, refused.CONTENT)
    name = _external_name(reader, known, path, entry.key)
    if known.get("labels") is not None:
        reader.labels(known.get("labels"), f"{path}.labels")
        reader.note(f"{path}.labels", known.entries["labels"], "They count in a cluster only.")
    if name is None and known.get("name") is not None:
        reader.note(f"{path}.name", known.entries["name"], "It counts in a cluster only.")
    given = [one for one in SOURCES if one in known.entries]
    if name is not None:
        for other in given:
            message = f"“{other}” does not go with “external”."
            reader.refuse(f"{path}.{other}", known.entries[other], message, "Remove one of them.")
        return Content(entry.key, _kept(reader, entry, path, name))
    if len(given) != 1:
        message = "Exactly one of file, environment and content says what it holds."
        kept = reader.sources.secrets.get(entry.key)
        if kept is not None and not given:
            return Content(entry.key, kept)
        reader.refuse(path, entry, message, "Keep its value under Secrets and write “external: true”.")
        return Content(entry.key, None)
    place = known.entries[given[0]].value
    text = reader.text(place, f"{path}.{given[0]}")
    if text is None:
        return Content(entry.key, None)
    return Content(entry.key, _bounded(reader, place, path, _source(reader, place, path, (given[0], text), values)))


def _external_name(reader: Reader, known: Map, path: str, key: str) -> str | None:
    """The name of an external one, None when it is not external."""
    node = known.get("external")
    name = reader.text(known.get("name"), f"{path}.name") if known.get("name") is not None else None
    if isinstance(node, Map):
        inner = reader.checked(node, f"{path}.external", ("name",))
        return reader.text(inner.get("name"), f"{path}.external.name") or name or key
    if node is None or not reader.flag(node, f"{path}.external"):
        return None
    return name or key


def _kept(reader: Reader, entry: Entry, path: str, name: str) -> str | None:
    found = reader.sources.secrets.get(name)
    if found is None:
        message = f"“{name}” is kept outside of this text, and there is no value for it."
        reader.refuse(path, entry, message, f"Give {name} a value under Secrets.")
    return found


def _source(reader: Reader, place: Node, path: str, given: tuple[str, str], values: dict[str, str]) -> str | None:
    """The text that `file`, `environment` or `content` stands for."""
    how, text = given
    if how == "content":
        return text
    if how == "environment":
        if text not in values:
            reader.refuse(f"{path}.environment", place, f"{text} has no value.", f"Give {text} a value.")
        return values.get(text)
    key = path.partition(".")[2]
    if key in reader.sources.secrets and path.startswith("secrets."):
        return reader.sources.secrets[key]
    found = reader.project_file(place, f"{path}.file", text)
    if found is not None and path.startswith("secrets."):
        message = "It is kept in plain text among the files. Keep its value under Secrets, by the same name, instead."
        reader.note(f"{path}.file", place, message)
    return None if found is None else reader.sources.files[found]


def _bounded(reader: Reader, place: Node, path: str, text: str | None) -> str | None:
    if text is not None and len(text.encode("utf-8", "replace")) > MAX_CONTENT:
        reader.refuse(
            path, place, f"It holds more than {MAX_CONTENT // 1024} KiB.", "Make it smaller, or use a volume."
        )
        return None
    return text


def read_grants(
    reader: Reader, node: Node | None, path: str, kind: str, contents: dict[str, Content]
) -> tuple[File, ...]:
    """The configs or secrets a service gets, as files. kind: config or secret."""
    if node is None or (isinstance(node, Scalar) and node.kind in {"null", UNRESOLVED}):
        return ()
    if not isinstance(node, Items):
        reader.refuse(path, node, "This must be a list.")
        return ()
    found = []
    for number, item in enumerate(node.items):
        file = _grant(reader, item, f"{path}[{number}]", kind, contents)
        if file is not None:
            found.append(file)
    return tuple(found)


def _grant(reader: Reader, node: Node, path: str, kind: str, contents: dict[str, Content]) -> File | None:
    known = Map()
    if isinstance(node, Map):
        known = reader.checked(node, path, ("source", "target", "uid", "gid", "mode"))
        source = reader.text(known.get("source"), f"{path}.source")
        if source is None and known.get("source") is None:
            reader.refuse(path, node, f"“source”, the {kind} meant, is missing.")
    else:
        source = reader.text(node, path)
    if source is None:
        return None
    content = contents.get(source)
    if content is None:
        section = "configs" if kind == CONFIG else "secrets"
        message = f"There is no {kind} “{source}”."
        reader.refuse(path, node, message, f"Add it under “{section}” at the top level.")
        return None
    target = reader.text(known.get("target"), f"{path}.target") or source
    if not target.startswith("/") and not re.match(r"[A-Za-z]:[\\/]", target):
        target = posixpath.join("/run/secrets" if kind == SECRET else "/", target)
    if ".." in re.split(r"[\\/]", target):
        reader.refuse(f"{path}.target", node, f"“{target}” has “..” in it.", "Write the path out.")
        return None
    return File(
        kind,
        source,
        target,
        content.text or "",
        reader.integer(known.get("uid"), f"{path}.uid", 0, 2**31 - 1) or 0,
        reader.integer(known.get("gid"), f"{path}.gid", 0, 2**31 - 1) or 0,
        _mode(reader, known.get("mode"), f"{path}.mode"),
    )


def _mode(reader: Reader, node: Node | None, path: str) -> int:
    text = reader.text(node, path)
    if text is None:
        return 0o444
    match = _MODE.match(text)
    if match is None:
        reader.refuse(path, node, f"“{text}” is not a file mode.", "Write it in octal, like 0440.")
        return 0o444
    return int(match.group(1), 8)


def project_files(reader: Reader, mount: Mount) -> tuple[File, ...]:
    """The project's own file or folder at `mount`, as files to deliver."""
    mode = 0o444 if mount.read_only else 0o644
    files = reader.sources.files
    if mount.source in files:
        return (File(PROJECT_FILE, mount.source, mount.target, files[mount.source], mode=mode),)
    start = f"{mount.source}/"
    return tuple(
        File(PROJECT_FILE, name, posixpath.join(mount.target, name.removeprefix(start)), files[name], mode=mode)
        for name in reader.sources.below(mount.source)
    )
