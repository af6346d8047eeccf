"""What a browser may say on the live socket. Pure: text in, a typed message or Malformed out."""

import json
from dataclasses import dataclass
from typing import Any

MAX_WATCHES = 50
MAX_ID = 100
MAX_PATH = 2_000
MAX_TEXT = 128 * 1024


class Malformed(Exception):
    """The text is not of our protocol: the connection ends."""


class Refused(Exception):
    """The text is of our protocol and asks for too much: it is answered, and nothing changes."""


@dataclass(frozen=True)
class Wanted:
    """One fragment of a page. id: of its element; path: its address with the query."""

    id: str
    path: str


@dataclass(frozen=True)
class WatchList:
    """Everything the page shows now; what is not in it is no longer watched."""

    wanted: tuple[Wanted, ...]


@dataclass(frozen=True)
class Seen:
    id: str


@dataclass(frozen=True)
class Ping:
    pass


def parse(text: str | None) -> WatchList | Seen | Ping:
    """The message in `text`. Raises Malformed, Refused."""
    if text is None or len(text) > MAX_TEXT:
        raise Malformed
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed from error
    match body:
        case {"watch": list(items)}:
            return _watch_list(items)
        case {"seen": str(name)}:
            return Seen(name)
        case {"ping": _}:
            return Ping()
    raise Malformed


def _watch_list(items: list[Any]) -> WatchList:
    wanted = {}
    for item in items:
        match item:
            case {"id": str(name), "path": str(path)} if name:
                wanted[name] = Wanted(name, path)
            case _:
                raise Malformed
    if len(wanted) > MAX_WATCHES:
        raise Refused(f"A page can watch {MAX_WATCHES} parts, not {len(wanted)}.")
    for one in wanted.values():
        if len(one.id) > MAX_ID or len(one.path) > MAX_PATH:
            raise Refused(f"An id has at most {MAX_ID} characters, a path {MAX_PATH}.")
    return WatchList(tuple(wanted.values()))
