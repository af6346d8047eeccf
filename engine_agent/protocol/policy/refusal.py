"""Refusals, and the reading of what a request may hold. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .rules import RULE

Body = Mapping[str, Any]
FILE = "file"  # the rule that forbids all while the file cannot be honoured


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the owner of the host does not allow. rule: as in the file, e.g. "containers.privileged", or FILE."""

    rule: str
    what: str

    def __str__(self) -> str:
        if self.rule == FILE:
            return self.what
        return f"{self.what}, and the policy of this host does not allow that (rule {self.rule})"


class Refused(Exception):
    """Ends the reading of a body at the first refusal."""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(what)
        self.refusal = Refusal(RULE[field], what)


def matches(word: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns fits."""
    return any(fnmatchcase(word, pattern) for pattern in patterns)


def part(body: Body, key: str) -> Body:
    """An object inside an object; {} when it is absent or null. Raises Refused when it is something else."""
    value = body.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Refused("allowed", f"“{key}” of the request cannot be read")
    return value


def words(value: Any) -> list[str]:
    """A list of words; [] when it is absent, one word as a list."""
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return [str(word) for word in value]
    return [str(value)]


def bodies(value: Any) -> list[Body]:
    """A list of objects; [] when it is absent. Raises Refused when it is something else."""
    if value is None:
        return []
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, Mapping) for one in value):
        raise Refused("allowed", "A list of the request cannot be read")
    return list(value)


def number(value: Any) -> float:
    """A number; 0 when it is absent. Raises Refused when it is something else."""
    if value is None:
        return 0.0
    if isinstance(value, (int, float)):
        return float(value)
    raise Refused("allowed", "A number of the request cannot be read")
