"""Passwords in plain text are pointed out: they end up in revisions, exports and every reader's browser."""

import re

from .nodes import Items, Map, Scalar
from .reader import Reader

_SECRET_NAME = re.compile(
    r"(^|_)(password|passwd|pass|secret|token|api_?key|private_?key|access_?key|credentials?)$", re.IGNORECASE
)
_WORD = "It looks like a secret in plain text. Keep it under Secrets and write ${%s} here."


def looks_secret(name: str) -> bool:
    """Whether a variable of this name usually holds a secret."""
    return bool(_SECRET_NAME.search(name))


def note_plain_secrets(reader: Reader, tree: Map) -> None:
    """Note every environment value that looks like a secret and is written out. The tree is not interpolated yet."""
    services = tree.get("services")
    if not isinstance(services, Map):
        return
    for entry in services.entries.values():
        environment = entry.value.get("environment") if isinstance(entry.value, Map) else None
        for name, value in _pairs(environment):
            if looks_secret(name) and value.text and "$" not in value.text and not value.text.startswith("/"):
                reader.note(f"services.{entry.key}.environment.{name}", value, _WORD % name)


def _pairs(node: object) -> list[tuple[str, Scalar]]:
    if isinstance(node, Map):
        return [(key, one.value) for key, one in node.entries.items() if isinstance(one.value, Scalar)]
    if not isinstance(node, Items):
        return []
    found = []
    for item in node.items:
        if isinstance(item, Scalar) and "=" in item.text:
            name, _, value = item.text.partition("=")
            found.append((name, Scalar(value, "str", item.line, item.column, item.file)))
    return found
