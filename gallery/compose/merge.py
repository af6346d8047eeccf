"""One compose tree over another. [Compose Specification, Merge; docker/compose-go override]

Maps are merged key by key, lists are joined, single values are replaced; what stands below is an exception to that.
`!reset` removes what is there, `!override` replaces it whole.
"""

from collections.abc import Callable
from dataclasses import replace

from .mounts import volume_target
from .nodes import Entry, Items, Map, Node, Scalar, standing_at
from .reader import Reader

Key = Callable[[Node], str | None]


class Merger:
    """Merges, noting in `reader` what does not go together."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def model(self, base: Map, over: Map) -> Map:
        """A whole file over what came before it."""
        return self._maps(base, over, ())

    def service(self, base: Node, over: Node, name: str) -> Node:
        """A service over the one that it extends."""
        return self._nodes(base, over, ("services", name))

    def _maps(self, base: Map, over: Map, path: tuple[str, ...]) -> Map:
        entries = dict(base.entries)
        for key, entry in over.entries.items():
            before = entries.get(key)
            if entry.value.tag == "reset":
                entries.pop(key, None)
            elif before is None:
                entries[key] = entry
            else:
                entries[key] = replace(entry, value=self._nodes(before.value, entry.value, (*path, key)))
        return Map(entries, over.line, over.column, over.file)

    def _nodes(self, base: Node, over: Node, path: tuple[str, ...]) -> Node:
        if over.tag == "override":
            return replace(over, tag="")
        if _null(over):
            return base
        if _null(base) or _replaced(path):
            return over
        base, over = _alike(base, over, path)
        if isinstance(base, Map) and isinstance(over, Map):
            if path[2:] == ("logging",) and _word(base.get("driver")) != _word(over.get("driver")) is not None:
                return over
            return self._maps(base, over, path)
        if isinstance(base, Items) and isinstance(over, Items):
            return replace(over, items=_joined(base, over, path))
        if isinstance(base, Scalar) and isinstance(over, Scalar):
            return over
        if len(path) == 4 and path[2] == "ulimits":
            return over
        message = f"This cannot be merged with what stands in {base.file or 'the main file'}, line {base.line}."
        remedy = "Use the same form in both, or put “!override” before it."
        self.reader.refuse(".".join(path), over, message, remedy)
        return over


def _null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.kind == "null"


def _word(node: Node | None) -> str | None:
    return node.text if isinstance(node, Scalar) else None


def _replaced(path: tuple[str, ...]) -> bool:
    """Attributes that a later file replaces whole."""
    return path[:1] == ("services",) and path[2:] in {("command",), ("entrypoint",), ("healthcheck", "test")}


_PAIRS = {"annotations", "environment", "labels", "sysctls"}
_LISTS = {"dns", "dns_opt", "dns_search", "env_file", "label_file", "profiles", "tmpfs"}
_NAMES = {"depends_on", "models", "networks"}


def _alike(base: Node, over: Node, path: tuple[str, ...]) -> tuple[Node, Node]:
    """Both in one form where the specification has several."""
    change: Callable[[Node], Node] | None = None
    name = path[-1] if path else ""
    if name == "labels" or (len(path) == 3 and path[0] == "services" and name in _PAIRS):
        change = _as_pairs
    elif len(path) == 3 and path[0] == "services" and name in _LISTS:
        change = _as_list
    elif len(path) == 3 and path[0] == "services" and name in _NAMES:
        change = _as_names
    elif len(path) == 3 and path[0] == "services" and name == "extra_hosts":
        change = _as_hosts
    return (change(base), change(over)) if change else (base, over)


def _as_pairs(node: Node) -> Node:
    """A list of NAME=value as a map."""
    if not isinstance(node, Items):
        return node
    entries: dict[str, Entry] = {}
    for item in node.items:
        if not isinstance(item, Scalar):
            return node
        name, equals, value = item.text.partition("=")
        scalar = standing_at(item, value) if equals else standing_at(item, "", "null")
        entries[name] = Entry(name, scalar, item.line, item.column, item.file)
    return Map(entries, node.line, node.column, node.file)


def _as_list(node: Node) -> Node:
    return Items((node,), node.line, node.column, node.file) if isinstance(node, Scalar) else node


def _as_names(node: Node) -> Node:
    """A list of names as a map without values."""
    if not isinstance(node, Items):
        return node
    entries: dict[str, Entry] = {}
    for item in node.items:
        if not isinstance(item, Scalar):
            return node
        nothing = standing_at(item, "", "null")
        entries[item.text] = Entry(item.text, nothing, item.line, item.column, item.file)
    return Map(entries, node.line, node.column, node.file)


def _as_hosts(node: Node) -> Node:
    if not isinstance(node, Map):
        return node
    items: list[Node] = []
    for entry in node.entries.values():
        addresses = entry.value.items if isinstance(entry.value, Items) else (entry.value,)
        items += [standing_at(one, f"{entry.key}={one.text}") for one in addresses if isinstance(one, Scalar)]
    return Items(tuple(items), node.line, node.column, node.file)


def _target(node: Node) -> str | None:
    """Where a mount goes."""
    return _word(node.get("target")) if isinstance(node, Map) else volume_target(_word(node) or "")


def _device(node: Node) -> str | None:
    if isinstance(node, Map):
        return _word(node.get("target")) or _word(node.get("source"))
    parts = (_word(node) or "").split(":")
    return parts[1] if len(parts) > 1 else parts[0]


def _grant(node: Node) -> str | None:
    if isinstance(node, Map):
        return _word(node.get("target")) or _word(node.get("source"))
    return _word(node)


def _port(node: Node) -> str | None:
    if isinstance(node, Map):
        parts = (_word(node.get(name)) or "" for name in ("host_ip", "published", "target", "protocol"))
        return "|".join(parts)
    return _word(node)


_KEYS: dict[str, Key] = {
    "configs": _grant,
    "devices": _device,
    "ports": _port,
    "secrets": _grant,
    "volumes": _target,
}


def _subnet(node: Node) -> str | None:
    return _word(node.get("subnet")) if isinstance(node, Map) else None


def _joined(base: Items, over: Items, path: tuple[str, ...]) -> tuple[Node, ...]:
    """Both lists; of two items that mean the same thing the later one, at the place of the earlier."""
    key: Key = _word
    if len(path) == 3 and path[0] == "services":
        key = _KEYS.get(path[2], _word)
    elif path[0] == "networks" and path[2:] == ("ipam", "config"):
        key = _subnet
    kept: dict[object, Node] = {}
    for number, item in enumerate((*base.items, *over.items)):
        if item.tag == "reset":
            continue
        found = key(item)
        kept[number if found is None else found] = item
    return tuple(kept.values())


def untagged(node: Node) -> Node:
    """The tree without the marks of merging: what is marked with `!reset` goes."""
    if isinstance(node, Scalar):
        return replace(node, tag="") if node.tag else node
    if isinstance(node, Items):
        return replace(node, items=tuple(untagged(item) for item in node.items if item.tag != "reset"), tag="")
    entries = {
        key: replace(entry, value=untagged(entry.value))
        for key, entry in node.entries.items()
        if entry.value.tag != "reset"
    }
    return replace(node, entries=entries, tag="")
