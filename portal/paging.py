"""Cursor paging in the database, for API lists and long tables: `{"items": [...], "next": cursor|null}`."""

import base64
import binascii
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from pydantic import Field

from portal.problems import Invalid

M = TypeVar("M", bound=Model)

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
LONGEST_CURSOR = 2_000

# The type of an API operation's `limit` parameter: `limit: Limit = DEFAULT_LIMIT`.
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]


@dataclass(frozen=True)
class Page(Generic[M]):
    """One page of rows. next: the cursor of the following page, None at the end."""

    items: Sequence[M]
    next: str | None


def _encode(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def _decode(cursor: str, size: int) -> list[Any]:
    values = None
    if len(cursor) <= LONGEST_CURSOR:
        with contextlib.suppress(binascii.Error, ValueError, RecursionError):
            values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    if not isinstance(values, list) or len(values) != size or not all(map(_plain, values)):
        raise _foreign()
    return values


def _plain(value: Any) -> bool:
    """Text or a number that every database can hold."""
    if isinstance(value, str):
        return "\x00" not in value
    return isinstance(value, int | float) and abs(value) < 2**63


def _foreign() -> Invalid:
    message = "The cursor is not one of ours. Ask again without it, and pass on the `next` of each answer."
    return Invalid(message, fields={"cursor": [message]})


def page_of(
    rows: "QuerySet[M]", *, order: Sequence[str], cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[M]:
    """Up to `limit` rows after `cursor`, by the fields in `order` ("name" or "-created_at"; the last must be unique).

    Raises Invalid when the cursor is not one of ours.
    """
    limit = max(1, min(limit, MAX_LIMIT))
    rows = rows.order_by(*order)
    if cursor:
        values = _decode(cursor, len(order))
        after = Q()
        equal = Q()
        for name, value in zip(order, values, strict=True):
            field, operator = (name[1:], "lt") if name.startswith("-") else (name, "gt")
            after |= equal & Q(**{f"{field}__{operator}": value})
            equal &= Q(**{field: value})
        try:
            rows = rows.filter(after)
        except (ValueError, TypeError, ValidationError):
            raise _foreign() from None
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return Page(found, None)
    last = found[limit - 1]
    return Page(found[:limit], _encode([_value(last, name.lstrip("-")) for name in order]))


def _value(row: Model, name: str) -> Any:
    value: Any = row
    for part in name.split("__"):
        value = getattr(value, part)
    return value
