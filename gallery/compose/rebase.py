"""Relative paths of a file in a folder, written anew from the project's root."""

from dataclasses import replace

from .mounts import split_mount
from .nodes import Entry, Items, Map, Node, Scalar
from .sources import Outside, project_path


def rebased(tree: Map, directory: str) -> Map:
    """The tree of a file whose relative paths start at `directory`; paths of nested files are left to their reader."""
    if not directory:
        return tree
    entries = dict(tree.entries)
    for section, change in (("services", _service), ("configs", _content), ("secrets", _content)):
        entry = entries.get(section)
        if entry is not None and isinstance(entry.value, Map):
            inner = {key: replace(one, value=change(one.value, directory)) for key, one in entry.value.entries.items()}
            entries[section] = replace(entry, value=replace(entry.value, entries=inner))
    return replace(tree, entries=entries)


def _moved(node: Node, directory: str) -> Node:
    if not isinstance(node, Scalar) or not node.text:
        return node
    try:
        return replace(node, text=f"./{project_path(directory, node.text)}")
    except Outside:
        return node  # refused where it is read


def _content(node: Node, directory: str) -> Node:
    return _with(node, "file", directory)


def _with(node: Node, key: str, directory: str) -> Node:
    if not isinstance(node, Map) or key not in node.entries:
        return node
    entry = node.entries[key]
    return replace(node, entries={**node.entries, key: replace(entry, value=_moved(entry.value, directory))})


def _service(node: Node, directory: str) -> Node:
    if not isinstance(node, Map):
        return node
    entries: dict[str, Entry] = dict(node.entries)
    for key in ("env_file", "label_file"):
        if (entry := entries.get(key)) is not None:
            entries[key] = replace(entry, value=_files(entry.value, directory))
    if (entry := entries.get("volumes")) is not None and isinstance(entry.value, Items):
        items = tuple(_mount(item, directory) for item in entry.value.items)
        entries["volumes"] = replace(entry, value=replace(entry.value, items=items))
    return replace(node, entries=entries)


def _files(node: Node, directory: str) -> Node:
    if isinstance(node, Items):
        return replace(node, items=tuple(_files(item, directory) for item in node.items))
    return _with(node, "path", directory) if isinstance(node, Map) else _moved(node, directory)


def _mount(node: Node, directory: str) -> Node:
    if isinstance(node, Map):
        kind = node.get("type")
        bind = isinstance(kind, Scalar) and kind.text == "bind"
        return _with(node, "source", directory) if bind else node
    if not isinstance(node, Scalar) or not node.text.startswith("."):
        return node
    source, *rest = split_mount(node.text)
    try:
        moved = f"./{project_path(directory, source)}"
    except Outside:
        return node
    return replace(node, text=":".join((moved, *rest)))
