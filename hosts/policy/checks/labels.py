"""Labels: those of the portal itself are not a client's to give."""

from collections.abc import Mapping
from typing import Any

from ..types import RESERVED_LABELS, Findings, Scope, Unclear


def labels(scope: Scope, value: Any, where: str) -> Findings:
    if not isinstance(value, Mapping):
        raise Unclear("json-shape", f"{where} is not an object of texts.")
    for name in value:
        if name.casefold().startswith(RESERVED_LABELS):
            yield from scope.forbid_always("label-reserved", f"{where} has {name[:60]}, which only the portal gives")
            return
