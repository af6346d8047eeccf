"""From a request's target to a path, refused where the engine's router and ours could differ.

The engine's router decodes the path once before it matches, so an encoded slash makes another endpoint of it; a doubled
slash is redirected. [gorilla/mux; moby api/server]
"""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from .documents import json_parse
from .types import Request, Unclear

VERSION = re.compile(r"^/v([0-9.]+)(?=/)")
LEAST_VERSION = (1, 24)  # older ones take a host configuration at start
MAX_TARGET = 16_384
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/")
MANY = frozenset({"names", "t", "changes", "platform", "fs", "type"})
"""Query names that may come several times."""


def request_parse(
    *,
    method: str,
    target: str,
    body: bytes | None = None,
    content_type: str = "",
    upgrade: bool = False,
    user: str = "",
) -> Request:
    """The request behind one request line. body: None when it is a stream, b"" when there is none. Raises Unclear."""
    if len(target) > MAX_TARGET:
        raise Unclear("target-too-long", "The address is too long.", 414)
    kind = content_type.split(";")[0].strip().lower()
    if kind.startswith(FORM_TYPES):
        raise Unclear("form-body", "The Engine API takes no form bodies: they could hide parameters.")
    raw_path, _mark, raw_query = target.partition("?")
    path = path_decode(raw_path)
    version = ""
    if found := VERSION.match(path):
        version, path = found[1], path[found.end() :]
        _version_check(version, method, path)
    document: Any = json_parse(body) if body else None
    return Request(
        method=method,
        path=path,
        version=version,
        query=query_parse(raw_query),
        body=document,
        upgrade=upgrade,
        streamed=body is None,
        user=user,
    )


def path_decode(raw: str) -> str:
    """Decoded once. Raises Unclear when it is not already in the one form that can be read in one way."""
    if not raw.startswith("/"):
        raise Unclear("target-form", "The address has to begin with a slash.")
    if re.search(r"%(?![0-9A-Fa-f]{2})", raw) or re.search(r"%(2f|5c|25|[01][0-9a-f]|7f)", raw, re.IGNORECASE):
        raise Unclear(
            "encoded-path", "The address holds an encoded slash, backslash, percent sign or control character."
        )
    try:
        path = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeError:
        raise Unclear("encoded-path", "The address is not UTF-8.") from None
    if not path.isascii() or not path.isprintable() or any(sign in path for sign in '\\#;"'):
        raise Unclear("path-characters", "The address holds characters that no Engine API path has.")
    if "//" in path or any(part in (".", "..") for part in path.split("/")):
        raise Unclear("path-not-plain", "The address holds a doubled slash or a dot segment.")
    return path


def query_parse(raw: str) -> dict[str, tuple[str, ...]]:
    """Names and values. Raises Unclear for what engines of different age read differently."""
    if ";" in raw:
        raise Unclear("query-semicolon", "Encode semicolons in the query.")
    if re.search(r"%(?![0-9A-Fa-f]{2})", raw) or any(ord(sign) < 33 or ord(sign) > 126 for sign in raw):
        raise Unclear("query-encoding", "The query is not encoded properly.")
    found: dict[str, tuple[str, ...]] = {}
    for pair in raw.split("&"):
        if not pair:
            continue
        name, _sign, value = (_query_decode(part) for part in pair.partition("="))
        if name in found and name not in MANY:
            raise Unclear("query-duplicate", f"The query has {name[:40]} twice.")
        found[name] = (*found.get(name, ()), value)
    return found


def _query_decode(text: str) -> str:
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeError:
        raise Unclear("query-encoding", "The query is not UTF-8.") from None


def _version_check(version: str, method: str, path: str) -> None:
    parts = version.split(".")
    if len(parts) != 2 or not all(part.isdigit() and len(part) < 4 for part in parts):
        raise Unclear("version-form", f"{version[:20]} is not a version of the Engine API.")
    harmless = method in ("GET", "HEAD") or path == "/images/load"  # what skopeo asks for with 1.22
    if tuple(int(part) for part in parts) < LEAST_VERSION and not harmless:
        raise Unclear("version-too-old", "Engine API versions before 1.24 are not passed on.")
