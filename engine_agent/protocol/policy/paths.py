"""Host paths, Linux's and Windows', told apart by their look and compared part by part. Pure."""

import ntpath
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

_DRIVE = re.compile(r"^[A-Za-z]:([\\/]|$)")
_PIPE = re.compile(r"^[\\/]{2}[.?][\\/]pipe[\\/]", re.IGNORECASE)
SOCKETS = (
    "/run/docker.sock",
    "/var/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
)
_SOCKET_NAME = re.compile(r"^(docker|podman|containerd|buildkitd|crio)[\w.-]*\.sock$")


class Unresolvable(Exception):
    """Nobody can tell where a path leads. The text says why."""


def _as_it_is(path: str) -> str:
    return path


@dataclass(frozen=True, slots=True)
class Place:
    """Where a decision is made. real: follows links, raises Unresolvable; the portal cannot, and takes paths as they
    are. sockets: of the engine, beside the usual ones. guarded: what no container may write, whatever is allowed."""

    real: Callable[[str], str] = _as_it_is
    sockets: tuple[str, ...] = ()
    guarded: tuple[str, ...] = ()


HERE = Place()


def is_windows(path: str) -> bool:
    """Whether it looks like a path or a pipe of Windows."""
    return bool(_DRIVE.match(path) or path.startswith("\\\\") or _PIPE.match(path))


def is_pipe(path: str) -> bool:
    """Whether it is a named pipe of Windows."""
    return bool(_PIPE.match(path))


def is_host_path(source: str) -> bool:
    """Whether the source of a mount is a path of the host, not the name of a volume."""
    return source.startswith("/") or is_windows(source)


def normal(path: str) -> str:
    """Without "..", "." and doubled separators; Windows paths in one case and with backslashes."""
    if is_windows(path):
        return ntpath.normpath(path).lower()
    return "/" + posixpath.normpath(path).lstrip("/")


def inside(path: str, root: str) -> bool:
    """Whether `path` is `root` or below it, both normal."""
    separator = "\\" if is_windows(root) else "/"
    return path == root or path.startswith(root.rstrip(separator) + separator)


def split_root(root: str) -> tuple[str, bool]:
    """A bind root as its path and whether it is for reading alone."""
    return (root[:-3], True) if root.endswith(":ro") else (root, False)


def split_bind(bind: str) -> tuple[str, bool]:
    """Source and read-only of a bind as the Engine API writes it, "source:target[:options]"; source "" without one."""
    start = 2 if _DRIVE.match(bind) else 0
    if is_pipe(bind):
        start = 4
    source, colon, rest = bind[start:].partition(":")
    if not colon:
        return "", False
    options = rest.rpartition(":")[2].split(",")
    return bind[:start] + source, "ro" in options or "readonly" in options


def is_socket(path: str, sockets: tuple[str, ...]) -> bool:
    """Whether `path` (normal) is an engine's socket or a pipe."""
    return is_pipe(path) or path in (*SOCKETS, *sockets) or bool(_SOCKET_NAME.match(posixpath.basename(path)))


def reaches_socket(path: str, sockets: tuple[str, ...]) -> bool:
    """Whether a mount of `path` (normal) brings an engine's socket or pipe into a container."""
    return is_socket(path, sockets) or any(inside(socket, path) for socket in (*SOCKETS, *sockets))
