"""Questions of templates as they are stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from gallery.catalogue.types import Parameter, ParameterKind


def parameters_read(rows: Sequence[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    """The same as typed values."""
    return tuple(
        Parameter(
            name=row["name"],
            label=row["label"],
            kind=ParameterKind(row["kind"]),
            default=row.get("default", ""),
            required=bool(row.get("required", False)),
            help=row.get("help", ""),
            choices=tuple(row.get("choices", ())),
        )
        for row in rows
    )
