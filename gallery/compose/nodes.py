"""YAML with places: a small, bounded tree of texts, lists and maps, each with the line and column it stands at.

Scalars keep the text as written, so that `1.10` stays 1.10; the reader of an attribute decides what it must be.
Bounds: 1 MiB of text, 40 levels, 20,000 values after aliases are followed (the "billion laughs" stop here).
`file` is the name of the project's file that a value stands in, "" for its main text. `tag` is "reset" or "override",
the marks of the specification's merging; "" otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from .errors import ComposeInvalid, Refusal

MAX_BYTES = 1 << 20
MAX_DEPTH = 40
MAX_VALUES = 20_000
MAX_CHARACTERS = 4 << 20
UNRESOLVED = "unresolved"  # kind of a scalar whose variable has no value: refused already, read as not given


@dataclass(frozen=True)
class Scalar:
    """kind: str, int, float, bool or null, as YAML 1.2 has it, or UNRESOLVED; null has the text ""."""

    text: str
    kind: str
    line: int
    column: int
    file: str = ""
    tag: str = ""


@dataclass(frozen=True)
class Items:
    """A list."""

    items: "tuple[Node, ...]"
    line: int
    column: int
    file: str = ""
    tag: str = ""


@dataclass(frozen=True)
class Entry:
    """One key of a map with its own place, and its value."""

    key: str
    value: "Node"
    line: int
    column: int
    file: str = ""


@dataclass(frozen=True)
class Map:
    """A map, in the order of the text."""

    entries: dict[str, Entry] = field(default_factory=dict)
    line: int = 1
    column: int = 1
    file: str = ""
    tag: str = ""

    def get(self, key: str) -> "Node | None":
        entry = self.entries.get(key)
        return entry.value if entry else None


Node = Scalar | Items | Map
Placed = Scalar | Items | Map | Entry


_CORE = "tag:yaml.org,2002:"
_KINDS = {"str", "int", "float", "bool", "null", "timestamp", "binary", "value", "merge"}
_MERGING = {"!reset": "reset", "!override": "override"}


def _refusal(node: Any, message: str, remedy: str = "Correct it, or remove it.", path: str = "") -> ComposeInvalid:
    mark = node.start_mark
    return ComposeInvalid([Refusal(path, mark.line + 1, mark.column + 1, message, remedy)])


def _unreadable(error: YAMLError) -> ComposeInvalid:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", None) or "") or "it cannot be read"
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    if problem.startswith("but found another document"):
        problem = "there is a second document in it"
    if problem.startswith("maximum depth"):
        return ComposeInvalid(
            [Refusal("", line, column, f"It is nested more than {MAX_DEPTH} levels deep.", "Make it flatter.")]
        )
    message = f"This is not valid YAML: {problem}."
    return ComposeInvalid(
        [Refusal("", line, column, message, "Check indentation, colons and quotes around this place.")]
    )


class _Builder:
    """Turns ruamel's node graph into the tree, counting as it goes."""

    def __init__(self, file: str = "") -> None:
        self.count = 0
        self.file = file

    def build(self, node: Any, depth: int = 0) -> Node:
        self.count += 1
        if self.count > MAX_VALUES:
            raise _refusal(
                node, f"There are more than {MAX_VALUES} values in it, aliases followed.", "Make it smaller."
            )
        if depth > MAX_DEPTH:
            raise _refusal(node, f"It is nested more than {MAX_DEPTH} levels deep.", "Make it flatter.")
        place = (node.start_mark.line + 1, node.start_mark.column + 1, self.file)
        kind, tag = self._kind(node)
        if isinstance(node, ScalarNode):
            kind = kind if kind in {"str", "int", "float", "bool", "null"} else "str"
            return Scalar("" if kind == "null" else str(node.value), kind, *place, tag)
        if isinstance(node, SequenceNode):
            return Items(tuple(self.build(item, depth + 1) for item in node.value), *place, tag)
        if isinstance(node, MappingNode):
            return Map(self._entries(node, depth), *place, tag)
        raise _refusal(node, "This kind of value is not known.")

    @staticmethod
    def _kind(node: Any) -> tuple[str, str]:
        """(kind, mark for merging)."""
        tag = str(node.tag or "")
        kind = tag.removeprefix(_CORE)
        if tag.startswith(_CORE) and kind in _KINDS | {"seq", "map"}:
            return kind, ""
        if tag in _MERGING:
            null = isinstance(node, ScalarNode) and node.style is None and node.value in {"", "null", "~"}
            return "null" if null else "str", _MERGING[tag]
        raise _refusal(node, f"The YAML tag “{tag}” is not applied.", "Leave the tag out.")

    def _entries(self, node: Any, depth: int) -> dict[str, Entry]:
        merged: dict[str, Entry] = {}
        own: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise _refusal(key_node, "A key must be a plain word.")
            key = str(key_node.value)
            value = self.build(value_node, depth + 1)
            if key == "<<" and key_node.style is None:
                for source in value.items if isinstance(value, Items) else (value,):
                    if not isinstance(source, Map):
                        raise _refusal(value_node, "Only maps can be merged with “<<”.")
                    merged = {**source.entries, **merged}
                continue
            if key in own:
                raise _refusal(key_node, f"The key “{key}” is there twice.", "Remove one of them.")
            own[key] = Entry(key, value, key_node.start_mark.line + 1, key_node.start_mark.column + 1, self.file)
        return {**merged, **own}


def load(text: str, file: str = "") -> Map:
    """The tree of a compose text. Raises ComposeInvalid when it is no YAML map, too large or too deep."""
    try:
        return _load(text, file)
    except ComposeInvalid as error:
        if not file:
            raise
        raise ComposeInvalid([replace(refusal, file=file) for refusal in error.refusals]) from error


def _load(text: str, file: str) -> Map:
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise ComposeInvalid([Refusal("", 0, 0, "It is larger than 1 MiB.", "Make it smaller.")])
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = MAX_DEPTH + 1
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        raise _unreadable(error) from error
    except (YAMLError, RecursionError, ValueError) as error:
        raise ComposeInvalid([Refusal("", 0, 0, f"This is not valid YAML: {error}.")]) from error
    if node is None:
        raise ComposeInvalid([Refusal("", 1, 1, "It is empty.", "Name at least one service under “services”.")])
    try:
        tree = _Builder(file).build(node)
    except RecursionError as error:
        raise ComposeInvalid([Refusal("", 1, 1, "It is nested too deep.", "Make it flatter.")]) from error
    if not isinstance(tree, Map):
        raise ComposeInvalid(
            [Refusal("", tree.line, tree.column, "The top level must be a map with “services” in it.")]
        )
    return tree


def transform(node: Node, change: Callable[[Scalar, str], Scalar], path: str = "") -> Node:
    """The same tree with every scalar value passed through `change`; keys stay, top-level x- goes.

    Paths are as in "services.web.image".
    """
    if isinstance(node, Scalar):
        return change(node, path)
    if isinstance(node, Items):
        items = tuple(transform(item, change, f"{path}[{number}]") for number, item in enumerate(node.items))
        return replace(node, items=items)
    entries = {
        key: replace(entry, value=transform(entry.value, change, f"{path}.{key}" if path else key))
        for key, entry in node.entries.items()
        if not (key.startswith("x-") and not path)
    }
    return replace(node, entries=entries)


def weigh(node: Node, *, values: int = MAX_VALUES, characters: int = MAX_CHARACTERS) -> bool:
    """Whether the tree has at most so many values and, repeats counted, characters. Stops as soon as it has more."""
    waiting: list[Node] = [node]
    while waiting:
        one = waiting.pop()
        values -= 1
        if isinstance(one, Scalar):
            characters -= len(one.text)
        elif isinstance(one, Items):
            waiting += one.items
        else:
            waiting += [entry.value for entry in one.entries.values()]
        if values < len(waiting) or characters < 0:
            return False
    return True


def standing_at(node: Placed, text: str, kind: str = "str") -> Scalar:
    """A text that stands where `node` stands."""
    return Scalar(text, kind, node.line, node.column, node.file)
