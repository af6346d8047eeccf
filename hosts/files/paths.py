"""Paths inside containers, and what the engine says of them. Pure."""

import base64
import json
import posixpath
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.problems import Invalid

MAX_PATH = 4096
# Go's os.FileMode
DIRECTORY, LINK, DEVICE, PIPE, SOCKET = 1 << 31, 1 << 27, 1 << 26, 1 << 25, 1 << 24


@dataclass(frozen=True)
class Entry:
    """A file or folder. kind: folder, file, link or other. mode: the permission bits. size: bytes."""

    name: str
    kind: str
    size: int = 0
    mode: int = 0
    changed: datetime | None = None
    target: str = ""

    @property
    def rights(self) -> str:
        """As `ls` writes them, without the kind."""
        signs = "rwxrwxrwx"
        return "".join(sign if self.mode & (1 << (8 - at)) else "-" for at, sign in enumerate(signs))


def path_clean(text: str) -> str:
    """A whole path without dot segments, "/" for the root. Raises Invalid."""
    raw = text.replace("\\", "/") if text[1:2] == ":" else text
    if len(raw) > MAX_PATH or "\0" in raw or any(ord(sign) < 32 for sign in raw):
        raise Invalid("That is no path.", fields={"path": ["That is no path."]})
    if raw[1:2] == ":":  # Windows: C:/data
        return raw[:2].upper() + "/" + posixpath.normpath("/" + raw[2:]).lstrip("/")
    return "/" + posixpath.normpath("/" + raw).lstrip("/")


def name_clean(text: str) -> str:
    """The name of an uploaded file: the last part alone. Raises Invalid for one that is none."""
    name = text.replace("\\", "/").rpartition("/")[2]
    if not name or name in (".", "..") or len(name.encode()) > 255 or any(ord(sign) < 32 for sign in name):
        raise Invalid("The file needs a name of 1 to 255 bytes without control characters.")
    return name


def joined(folder: str, name: str) -> str:
    """A path below a folder."""
    return f"{folder.rstrip('/')}/{name}"


def crumbs(path: str) -> list[tuple[str, str]]:
    """(name, path) of each folder on the way, the root first."""
    found = [("/", "/")]
    at = ""
    for part in path.strip("/").split("/"):
        if part:
            at = f"{at}/{part}" if at or not part.endswith(":") else part
            found.append((part, at))
    return found


def stat_of(header: str) -> Entry:
    """From X-Docker-Container-Path-Stat. [Engine API, ContainerArchiveInfo] Raises ValueError."""
    value: Any = json.loads(base64.b64decode(header))
    mode = int(value["mode"])
    kind = "file"
    if mode & DIRECTORY:
        kind = "folder"
    elif mode & LINK:
        kind = "link"
    elif mode & (DEVICE | PIPE | SOCKET):
        kind = "other"
    return Entry(
        name=str(value["name"]),
        kind=kind,
        size=int(value["size"]),
        mode=mode & 0o777,
        changed=_moment(value.get("mtime")),
        target=str(value.get("linkTarget") or ""),
    )


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text)[:19] + str(text)[19:].lstrip(".0123456789").replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
