"""Reading values out of the tree: each method gives the value, or notes a refusal and gives None."""

import difflib
import re
import shlex
from collections.abc import Iterable, Mapping

from .errors import Refusal
from .nodes import UNRESOLVED, Entry, Items, Map, Node, Placed, Scalar, standing_at
from .parts import Note
from .sources import Outside, Sources, project_path

_YES = {"true", "yes", "on", "y"}
_NO = {"false", "no", "off", "n"}
_SIZE = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)\s*([kmgt]?i?b?)\Z", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(us|ms|s|m|h|d|w)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
LARGEST = 1 << 62
REMEDY = "Correct it, or remove it."

Remedies = Mapping[str, str]


class Reader:
    """Collects refusals while values are read, so that a person sees all of them at once."""

    def __init__(self, sources: Sources | None = None) -> None:
        self.sources = sources or Sources({})
        self.refusals: list[Refusal] = []
        self.notes: list[Note] = []

    def refuse(self, path: str, node: Placed | None, message: str, remedy: str = "") -> None:
        """Note that something at `node` is not applied, and why."""
        line, column, file = (node.line, node.column, node.file) if node is not None else (0, 0, "")
        self.refusals.append(Refusal(path, line, column, message, remedy or REMEDY, file))

    def note(self, path: str, node: Placed, message: str) -> None:
        """Note that something at `node` is read and has no effect, or deserves a look."""
        self.notes.append(Note(path, node.line, node.column, message, node.file))

    def entries(self, node: Node, path: str) -> list[Entry]:
        """The entries of a map; x- keys left out. A null is an empty map."""
        if isinstance(node, Map):
            return [entry for key, entry in node.entries.items() if not key.startswith("x-")]
        if not (isinstance(node, Scalar) and node.kind in {"null", UNRESOLVED}):
            self.refuse(path, node, "This must be a map (name: value).")
        return []

    def checked(self, node: Node, path: str, known: Iterable[str], refused: Remedies | None = None) -> Map:
        """The map at `node` with the attributes in `known` alone; every other attribute is refused by name.

        refused: attributes of the specification that are not applied -> what to do instead.
        """
        kept: dict[str, Entry] = {}
        known = tuple(known)
        for entry in self.entries(node, path):
            where = f"{path}.{entry.key}" if path else entry.key
            if entry.key in known:
                kept[entry.key] = entry
            elif refused is not None and entry.key in refused:
                self.refuse(where, entry, f"“{entry.key}” is not applied.", refused[entry.key])
            else:
                near = difflib.get_close_matches(entry.key, [*known, *(refused or ())], n=1)
                hint = f"Did you mean “{near[0]}”?" if near else "Remove it; names that start with x- may stay."
                self.refuse(where, entry, f"“{entry.key}” is no attribute of the Compose Specification here.", hint)
        return Map(kept, node.line, node.column, node.file)

    def text(self, node: Node | None, path: str) -> str | None:
        """A single value as text; numbers and booleans as written."""
        if node is None or (isinstance(node, Scalar) and node.kind == UNRESOLVED):
            return None
        if isinstance(node, Scalar) and node.kind != "null":
            if "\x00" in node.text:
                self.refuse(path, node, "There is a NUL character in it.", "Remove it.")
                return None
            return node.text
        self.refuse(path, node, "This must be a single value.")
        return None

    def choice(self, node: Node | None, path: str, allowed: Iterable[str]) -> str | None:
        """One of `allowed`."""
        text = self.text(node, path)
        if text is None or text in (allowed := tuple(allowed)):
            return text
        self.refuse(path, node, f"“{text}” is not one of {', '.join(allowed)}.")
        return None

    def flag(self, node: Node | None, path: str) -> bool | None:
        """true or false, also as YAML 1.1 wrote them."""
        text = self.text(node, path)
        if text is None:
            return None
        if text.lower() in _YES | _NO:
            return text.lower() in _YES
        self.refuse(path, node, f"“{text}” must be true or false.")
        return None

    def integer(self, node: Node | None, path: str, low: int = 0, high: int = LARGEST) -> int | None:
        """A whole number from low to high."""
        text = self.text(node, path)
        if text is None:
            return None
        if re.fullmatch(r"[+-]?[0-9]{1,19}", text) and low <= int(text) <= high:
            return int(text)
        limit = f"from {low} to {high}" if high != LARGEST else f"of {low} or more"
        self.refuse(path, node, f"“{text}” must be a whole number {limit}.")
        return None

    def number(self, node: Node | None, path: str, low: float = 0.0, high: float = 1e9) -> float | None:
        """A decimal number from low to high."""
        text = self.text(node, path)
        if text is None:
            return None
        if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?|\.[0-9]{1,12}", text) and low <= float(text) <= high:
            return float(text)
        self.refuse(path, node, f"“{text}” must be a number of {low:g} or more, like 0.5.")
        return None

    def size(self, node: Node | None, path: str, *, unlimited: bool = False) -> int | None:
        """Bytes: 64m, 1.5g, 1GB, 1048576; k, m and g are powers of 1024. unlimited: -1 is allowed."""
        text = self.text(node, path)
        if text is None:
            return None
        match = _SIZE.fullmatch(text.strip())
        if match:
            factor = _FACTORS[match.group(2).lower().replace("i", "").removesuffix("b")]
            value = int(float(match.group(1)) * factor)
            if (0 <= value <= LARGEST) or (unlimited and value == -1):
                return value
        self.refuse(path, node, f"“{text}” is not a size.", "Write it like 512m, 1.5g or 1048576.")
        return None

    def duration(self, node: Node | None, path: str) -> float | None:
        """Seconds: 1m30s, 500ms, 1h5m30s20ms."""
        text = self.text(node, path)
        if text is None:
            return None
        parts = _DURATION_PART.findall(text)
        if parts and "".join(number + unit for number, unit in parts) == text:
            return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))
        if text == "0":
            return 0.0
        self.refuse(path, node, f"“{text}” is not a length of time.", "Write it like 30s, 1m30s or 500ms.")
        return None

    def texts(self, node: Node | None, path: str) -> tuple[str, ...]:
        """A list of single values, each once; a single value alone is a list of one."""
        if node is None or (isinstance(node, Scalar) and node.kind == "null"):
            return ()
        if isinstance(node, Scalar):
            text = self.text(node, path)
            return () if text is None else (text,)
        if isinstance(node, Items):
            found = (self.text(item, f"{path}[{number}]") for number, item in enumerate(node.items))
            return tuple(dict.fromkeys(text for text in found if text is not None))
        self.refuse(path, node, "This must be a list.")
        return ()

    def pairs(self, node: Node | None, path: str) -> dict[str, Scalar | None]:
        """NAME: value or a list of NAME=value; the value is None where only a name is given."""
        if node is None:
            return {}
        found: dict[str, Scalar | None] = {}
        if isinstance(node, Items):
            for number, item in enumerate(node.items):
                text = self.text(item, f"{path}[{number}]")
                if text is None:
                    continue
                name, equals, value = text.partition("=")
                if not name.strip():
                    self.refuse(f"{path}[{number}]", item, "The name before “=” is missing.")
                    continue
                found[name] = standing_at(item, value) if equals else None
            return found
        if not isinstance(node, Map):
            self.entries(node, path)
            return found
        for entry in node.entries.values():
            if isinstance(entry.value, Scalar):
                found[entry.key] = None if entry.value.kind == "null" else entry.value
            else:
                self.refuse(f"{path}.{entry.key}", entry, "This must be a single value.")
        return found

    def labels(self, node: Node | None, path: str) -> dict[str, str]:
        """Names and values; a name alone has the value ""."""
        return {name: value.text if value else "" for name, value in self.pairs(node, path).items()}

    def project_file(self, node: Placed, path: str, name: str) -> str | None:
        """The path of a file of the project, as `name` says it; refused when there is no such file."""
        remedy = "Add the file to the application, or correct the path."
        try:
            found = project_path("", name)
        except Outside as error:
            self.refuse(path, node, str(error), remedy)
            return None
        if found in self.sources.files:
            return found
        self.refuse(path, node, f"There is no file “{found or name}” in the application.", remedy)
        return None

    def words(self, node: Node | None, path: str) -> tuple[str, ...] | None:
        """A command: a list as it is, a text split as a shell would. None: not given."""
        if node is None or (isinstance(node, Scalar) and node.kind == "null"):
            return None
        if isinstance(node, Items):
            found = (self.text(item, f"{path}[{number}]") for number, item in enumerate(node.items))
            return tuple(text for text in found if text is not None)
        text = self.text(node, path)
        if text is None:
            return None
        try:
            return tuple(shlex.split(text))
        except ValueError:
            self.refuse(path, node, "A quote is not closed.", "Close it, or write the command as a list.")
            return None
