"""From the text of a policy file to rules. Pure. Every mistake is told with its line and key, all at once."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..protocol.policy.paths import is_host_path, is_windows, split_root
from ..protocol.policy.rules import ACTIONS, NAMESPACES, TABLES, Rules

MAX_TEXT = 256 * 1024
_UNITS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:ib|b)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with a file. line: 0 when it concerns no single one; key: e.g. "containers.maximum_memory"."""

    line: int
    key: str
    text: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.key}: {self.text}" if self.key else f"{where}{self.text}"


class PolicyError(Exception):
    """The text is no policy. mistakes: all of them."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda one: (one.line, one.key)))
        super().__init__("; ".join(map(str, self.mistakes)))


class _Wrong(ValueError):
    """A value that a key cannot have."""


def parse(text: str) -> Rules:
    """The rules of a file. Raises PolicyError."""
    if len(text) > MAX_TEXT:
        raise PolicyError([Mistake(0, "", f"a policy is at most {MAX_TEXT // 1024} KiB")])
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        words = re.sub(r" \(at .*\)$", "", str(error))
        raise PolicyError([Mistake(int(found[1]) if found else 0, "", f"this is not TOML: {words}")]) from error
    mistakes: list[Mistake] = []
    values: dict[str, Any] = {}
    for table, content in document.items():
        if table not in TABLES or not isinstance(content, dict):
            known = ", ".join(f"[{name}]" for name in TABLES)
            mistakes.append(Mistake(_line(text, table, ""), table, f"there is no such table; there are {known}"))
            continue
        for key, value in content.items():
            try:
                values[key] = _value(table, key, value)
            except _Wrong as wrong:
                mistakes.append(Mistake(_line(text, table, key), f"{table}.{key}", str(wrong)))
    if mistakes:
        raise PolicyError(mistakes)
    return Rules(**values)


def _value(table: str, key: str, value: Any) -> Any:
    if key not in TABLES[table]:
        raise _Wrong(f"there is no such key; [{table}] has {', '.join(TABLES[table])}")
    reader: Callable[[Any], Any] = _READERS.get(key, _flag)
    return reader(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("write true or false")
    return value


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise _Wrong('write a list of words, for example ["one", "two"]')
    return tuple(value)


def _roots(value: Any) -> tuple[str, ...]:
    for root in _words(value):
        path, _ = split_root(root)
        if not is_host_path(path):
            raise _Wrong(f"“{root}” is no absolute path; write /srv or C:\\data, with :ro behind it for reading alone")
        if "*" in path:
            raise _Wrong(f"“{root}”: a folder allows all below it, patterns are not understood here")
        if ".." in re.split(r"[\\/]", path):
            raise _Wrong(f"“{root}” goes up with “..”")
    return tuple(value)


def _among(*known: str) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        for word in _words(value):
            if word not in known:
                raise _Wrong(f"“{word}” is not known; there are {', '.join(known)}")
        return tuple(value)

    return read


def _capabilities(value: Any) -> tuple[str, ...]:
    return tuple(word.upper().removeprefix("CAP_") for word in _words(value))


def _devices(value: Any) -> tuple[str, ...]:
    return tuple(word.lower() if is_windows(word) else word for word in _words(value))


def _registries(value: Any) -> tuple[str, ...]:
    for word in _words(value):
        if "/" in word:
            raise _Wrong(f"“{word}” is no registry; write its host alone, for example registry.example:5000")
    return tuple(word.lower() for word in value)


def _cpus(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise _Wrong("write a number of cores above 0, for example 1.5")
    return float(value)


def _memory(value: Any) -> int:
    size = value if isinstance(value, int) and not isinstance(value, bool) else 0
    if isinstance(value, str) and (found := _SIZE.fullmatch(value.strip())):
        size = int(float(found[1]) * _UNITS[found[2].lower()])
    if size < 4 * 2**20:
        raise _Wrong('write a size of at least 4 MiB, for example "512MiB" or "2GiB"')
    return size


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _Wrong("write a whole number")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "bind_roots": _roots,
    "volume_drivers": _words,
    "host_namespaces": _among(*NAMESPACES),
    "devices": _devices,
    "capabilities": _capabilities,
    "security_options": _words,
    "runtimes": _words,
    "maximum_cpus": _cpus,
    "maximum_memory": _memory,
    "maximum_containers": _count,
    "registries": _registries,
    "allowed": _among(*ACTIONS),
}


def _line(text: str, table: str, key: str) -> int:
    """The line of a key, or of its table when the key is "" or written in another way; 0 when neither is found."""
    inside, found = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([^\]\s]+)\s*\]", line):
            inside = header[1].strip("\"'")
            if inside == table:
                found = number
                if not key:
                    return number
            continue
        name = re.match(r"\s*([^=#]+?)\s*=", line)
        if name is None:
            continue
        word = name[1].replace('"', "").replace("'", "").replace(" ", "")
        if (inside == table and word == key) or (not inside and word in {f"{table}.{key}", table}):
            return number
    return found
