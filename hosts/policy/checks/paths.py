"""Paths of the host: what a bind mount may take.

A symbolic link below an allowed root is followed by the engine and cannot be seen from here; the agent on the host
looks at the real path.
"""

import ntpath
import posixpath
import re

from ..options import ANY, Options
from ..types import Findings, Scope

VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
DRIVE = re.compile(r"[A-Za-z]:([\\/]|$)")
SOCKET = re.compile(r"\.(sock|socket)$|[\\/]pipe[\\/]", re.IGNORECASE)
READ_ONLY = ":ro"
PIPE = re.compile(r"^[\\/]{2}[.?][\\/]pipe[\\/]", re.IGNORECASE)


def is_volume_name(source: str) -> bool:
    """Whether the engine takes a bind's source for the name of a volume; everything else is a path."""
    return VOLUME_NAME.fullmatch(source) is not None and not DRIVE.match(source)


def bind_findings(scope: Scope, source: str, where: str, *, read_only: bool = False) -> Findings:
    """May this path of the host be mounted?"""
    if PIPE.match(source):
        yield from scope.forbid("named-pipe", f"{where} mounts the named pipe {source[:120]}", _sockets)
        return
    yield from scope.forbid(
        "bind-mount", f"{where} mounts {source[:120]} of the host", lambda o: permitted(o, source, read_only=read_only)
    )
    if SOCKET.search(source.rstrip("\\/")):
        yield from scope.forbid("docker-socket", f"{where} mounts the socket {source[:120]}", _sockets)


def _sockets(options: Options) -> bool:
    return options.docker_socket


def permitted(options: Options, source: str, *, read_only: bool = False) -> bool:
    """Whether a path is an allowed root or below one. What cannot be read in one way is not."""
    if ANY in options.bind_roots:
        return True
    wanted = plain(source)
    roots = (root for root in options.bind_roots if read_only or not root.endswith(READ_ONLY))
    return bool(wanted) and any(_below(wanted, plain(root.removesuffix(READ_ONLY))) for root in roots)


def plain(path: str) -> str:
    """One form of a path: "/srv/data", or "c:\\data" for Windows; "" when it is not a whole, plain path."""
    if not path.isprintable():
        return ""
    if DRIVE.match(path):
        return _windows(path)
    if not path.startswith("/") or "\\" in path:
        return ""
    return "/" + posixpath.normpath(path).lstrip("/")


def _windows(path: str) -> str:
    """Lower case, backslashes. "" for what NTFS reads as another name: streams, short names, trailing dots."""
    parts = path[2:].replace("/", "\\").split("\\")
    for part in parts:
        if part in ("", ".", ".."):
            continue
        if ":" in part or "~" in part or part[-1] in ". ":
            return ""
    return ntpath.normpath(path).lower()


def _below(path: str, root: str) -> bool:
    if not root:
        return False
    if path == root:
        return True
    sign = "\\" if root[1:2] == ":" else "/"
    return path.startswith(root.rstrip(sign) + sign)
