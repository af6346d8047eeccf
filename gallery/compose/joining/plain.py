"""A compose text as plain values that are written out again without a change of meaning."""

from typing import Any

from ..nodes import Items, Map, Node, load

SECTIONS = ("services", "networks", "volumes", "configs", "secrets")


def plain_project(text: str) -> dict[str, dict[str, Any]]:
    """Its sections, each a map. Anchors are followed; "1.10" stays 1.10. Raises ComposeInvalid when it is no YAML."""
    tree = load(text)
    found = {key: plain(entry.value) for key, entry in tree.entries.items()}
    return {key: found[key] if isinstance(found.get(key), dict) else {} for key in SECTIONS}


def left_out(text: str) -> list[str]:
    """Top-level parts that only make sense in the text they stand in."""
    return [key for key in load(text).entries if key not in {*SECTIONS, "name", "version"} and not key.startswith("x-")]


def plain(node: Node) -> Any:
    """One value. A number that would be written in another way is a text."""
    if isinstance(node, Map):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    if node.kind == "null":
        return None
    if node.kind == "bool" and node.text.lower() in {"true", "false"}:
        return node.text.lower() == "true"
    if node.kind == "int" and node.text.lstrip("-").isdigit() and str(int(node.text)) == node.text:
        return int(node.text)
    return node.text
