"""Which of many files a compose text refers to, by the look of its values; followed into the files it finds."""

import posixpath
from collections.abc import Callable, Collection

from .errors import ComposeInvalid
from .mounts import split_mount
from .nodes import Scalar, load, transform
from .sources import Outside, project_path

MAX_FOUND = 100
_YAML = (".yaml", ".yml")
BESIDE = (".env", "compose.override.yaml", "compose.override.yml", "docker-compose.override.yml")


def referred(names: Collection[str], main: str, text_of: Callable[[str], str]) -> tuple[str, ...]:
    """The files among `names` that `main` and what it includes name, folders written out, `main` itself left out.

    text_of: the text of a file. At most 100; others are left to whoever asks.
    """
    found: dict[str, None] = {}
    waiting = [main]
    folder = posixpath.dirname(main)
    for beside in BESIDE:
        if (name := posixpath.join(folder, beside)) in names:
            waiting.append(name)
            found[name] = None
    seen: set[str] = set()
    while waiting and len(found) < MAX_FOUND:
        name = waiting.pop()
        if name in seen or not name.endswith(_YAML):
            continue
        seen.add(name)
        for one in _named(text_of(name), posixpath.dirname(name), names):
            if one != main and one not in found and len(found) < MAX_FOUND:
                found[one] = None
                waiting.append(one)
    return tuple(found)


def _named(text: str, folder: str, names: Collection[str]) -> list[str]:
    found: list[str] = []

    def look(scalar: Scalar, path: str) -> Scalar:
        for word in (scalar.text, (split_mount(scalar.text) or [""])[0]):
            try:
                name = project_path(folder, word) if word and len(word) < 500 and "\n" not in word else ""
            except Outside:
                continue
            if name in names:
                found.append(name)
            elif name and word.startswith("."):
                found.extend(sorted(one for one in names if one.startswith(f"{name}/")))
        return scalar

    try:
        transform(load(text), look)
    except ComposeInvalid:
        return []
    return found
