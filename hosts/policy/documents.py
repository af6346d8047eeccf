"""JSON as the engine reads it, refused where two readers could read it differently.

The engine is written in Go, whose decoder matches field names without regard to case (and folds the long s to s and
the Kelvin sign to k), takes the last of duplicate keys, and stops after the first value. [encoding/json, Unmarshal]
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from .types import Findings, Scope, Unclear

MAX_DEPTH = 40
MAX_BYTES = 2 * 1024 * 1024

Check = Callable[[Scope, Any, str], Findings]


def json_parse(raw: bytes) -> Any:
    """The one value in `raw`. Raises Unclear for anything that is not plain, unambiguous JSON in UTF-8."""
    if len(raw) > MAX_BYTES:
        raise Unclear("json-too-large", "The JSON body is larger than 2 MiB.")
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except Unclear:
        raise
    except (ValueError, RecursionError):
        raise Unclear("json-invalid", "The body is not one JSON value in UTF-8.") from None
    _depth(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Unclear("json-duplicate-key", "A key occurs twice in one object of the body. Send each key once.")
    return made


def _constant(text: str) -> NoReturn:
    raise Unclear("json-invalid", f"{text} is not JSON.")


def _depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            below
            for one in level
            if isinstance(one, (dict, list))
            for below in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise Unclear("json-too-deep", f"The body nests deeper than {MAX_DEPTH} levels.")


def fold(name: str) -> str:
    """Two names that the engine takes for the same field have the same fold."""
    return name.casefold()


class Struct:
    """A JSON object read by field names as the engine does. Raises Unclear when it is none, or a field comes twice."""

    def __init__(self, value: Any, where: str) -> None:
        if value is not None and not isinstance(value, Mapping):
            raise Unclear("json-shape", f"{where} is not an object.")
        self.where = where
        self._fields: dict[str, tuple[str, Any]] = {}
        for name, item in (value or {}).items():
            if fold(name) in self._fields:
                raise Unclear(
                    "json-duplicate-key", f"{where} has {name} twice in different letter case. Send each field once."
                )
            self._fields[fold(name)] = (name, item)

    def get(self, name: str) -> Any:
        return self._fields.get(fold(name), ("", None))[1]

    def text(self, name: str) -> str:
        """A text field, "" when absent. Raises Unclear for another type."""
        value = self.get(name)
        if value is not None and not isinstance(value, str):
            raise Unclear("json-shape", f"{self.where}.{name} is not a text.")
        return value or ""

    def items(self) -> Iterator[tuple[str, str, Any]]:
        """(fold, name as sent, value) of each field."""
        for folded, (name, value) in self._fields.items():
            yield folded, name, value


def given(value: Any) -> bool:
    """Whether a value says more than Go's zero value."""
    return value not in (None, False, 0, "") and value != [] and value != {}


def table(checks: Mapping[str, Check]) -> dict[str, Check]:
    """Checks by folded field name."""
    return {fold(name): check for name, check in checks.items()}


def walk(scope: Scope, value: Any, checks: Mapping[str, Check], where: str) -> Findings:
    """Every field of an object goes through its check; a field without one is forbidden once it says something."""
    for folded, name, item in Struct(value, where).items():
        check = checks.get(folded)
        if check is not None:
            if item is not None:
                yield from check(scope, item, f"{where}.{name}")
        elif given(item):
            yield from scope.forbid_always("unknown-field", f"{where}.{name[:60]} is not a field that the policy knows")


def texts(value: Any, where: str) -> list[str]:
    """A list of texts. Raises Unclear."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Unclear("json-shape", f"{where} is not a list of texts.")
    return list(value)


def free(scope: Scope, value: Any, where: str) -> Findings:
    """A field that is harmless whatever it says."""
    return iter(())


def free_fields(names: str) -> dict[str, Check]:
    """Names with spaces between them -> harmless fields."""
    return dict.fromkeys(names.split(), free)
