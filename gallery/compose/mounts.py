"""services.volumes and services.tmpfs: short and long form. [Compose Specification, services.volumes]

A relative path is one of the project's own files: it is delivered into the container as a copy, since the host has no
directory beside the compose file. One that is not there is refused by name.
"""

import re
from dataclasses import replace
from typing import Any

from .nodes import Items, Map, Node, Scalar, standing_at
from .reader import Reader
from .sources import Outside, project_path
from .types import Mount

PROPAGATIONS = ("private", "rprivate", "shared", "rshared", "slave", "rslave")
_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*\Z")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_PIPE = re.compile(r"(\\\\|//)\.(\\|/)pipe(\\|/)", re.IGNORECASE)
TMPFS_OPTIONS = {
    "size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol", "ro", "rw", "exec", "noexec", "suid",
    "nosuid", "dev", "nodev", "sync", "async", "atime", "noatime", "diratime", "nodiratime", "relatime",
    "norelatime", "strictatime", "nostrictatime", "dirsync", "defaults",
}  # fmt: skip
PROJECT = "project"  # a bind mount of the project's own files, until `read_service` turns it into files
RECURSIVE = ("enabled", "disabled", "writable", "readonly")
_RELATIVE = "Add the file to the application, use a path that starts at the root of the host, or a named volume."
_LONG = ("type", "source", "target", "read_only", "consistency", "bind", "volume", "tmpfs", "image")
_KINDS = ("bind", "volume", "tmpfs", "npipe", "image")


def _absolute(path: str) -> bool:
    return path.startswith(("/", "\\\\")) or bool(_DRIVE.match(path) or _PIPE.match(path))


def split_mount(text: str) -> list[str]:
    """The parts of the short form at its colons; the colon of a Windows drive does not count."""
    parts: list[str] = []
    rest = text
    while rest:
        start = 2 if _DRIVE.match(rest) else 0
        colon = rest.find(":", start)
        if colon < 0:
            parts.append(rest)
            break
        parts.append(rest[:colon])
        rest = rest[colon + 1 :]
        if not rest:
            parts.append("")
    return parts


def _source_type(source: str) -> str:
    if _PIPE.match(source):
        return "npipe"
    return "bind" if source.startswith((".", "~")) or _absolute(source) else "volume"


def volume_source(text: str) -> str:
    """The name of the volume that a short form mounts; "" when it mounts a path or an anonymous volume."""
    parts = split_mount(text.strip())
    return parts[0] if len(parts) > 1 and _source_type(parts[0]) == "volume" else ""


def volume_target(text: str) -> str:
    """Where a short form mounts."""
    parts = split_mount(text.strip())
    if len(parts) > 1 and not (len(parts) == 2 and _absolute(parts[0]) and not _absolute(parts[1])):
        return parts[1]
    return parts[0] if parts else ""


def _check(reader: Reader, node: Node, path: str, mount: Mount) -> Mount | None:
    """The mount when its source and target can be used."""
    if not _absolute(mount.target):
        reader.refuse(path, node, f"“{mount.target}” is not an absolute path in the container.", "Start it with “/”.")
        return None
    if mount.type == "bind" and mount.source.startswith("."):
        return _of_project(reader, node, path, mount)
    if mount.type in {"bind", "npipe"} and not _absolute(mount.source):
        message = f"“{mount.source}” is relative to a directory that the host does not have."
        reader.refuse(path, node, message, _RELATIVE)
        return None
    if mount.type == "volume" and mount.source and not _VOLUME_NAME.match(mount.source):
        reader.refuse(path, node, f"“{mount.source}” is neither a path nor the name of a volume.", _RELATIVE)
        return None
    return mount


def _of_project(reader: Reader, node: Node, path: str, mount: Mount) -> Mount | None:
    """A mount of the project's own file or folder."""
    try:
        found = project_path("", mount.source)
    except Outside as error:
        reader.refuse(path, node, str(error), _RELATIVE)
        return None
    if found not in reader.sources.files and not (found and reader.sources.below(found)):
        message = f"“{mount.source}” is relative to the compose file, and the application has no such file."
        reader.refuse(path, node, message, _RELATIVE)
        return None
    reader.note(path, node, f"“{found}” is delivered as a copy; what the container changes in it is not kept.")
    return replace(mount, type=PROJECT, source=found)


def _options(reader: Reader, node: Node, path: str, text: str) -> dict[str, str | bool] | None:
    found: dict[str, str | bool] = {}
    for option in filter(None, text.split(",")):
        if option in {"ro", "rw"}:
            found["read_only"] = option == "ro"
        elif option in {"z", "Z"}:
            found["selinux"] = option
        elif option in PROPAGATIONS:
            found["propagation"] = option
        elif option == "nocopy":
            found["nocopy"] = True
        elif option in {"cached", "delegated", "consistent"}:
            pass  # hints for the macOS desktop, which have no meaning on an engine
        else:
            reader.refuse(path, node, f"The mount option “{option}” is not applied.", "Use ro, rw, z, Z or nocopy.")
            return None
    return found


def _short(reader: Reader, node: Scalar, path: str) -> Mount | None:
    parts = split_mount(node.text.strip())
    if not parts or len(parts) > 3 or "" in parts:
        message = f"“{node.text}” is not a mount."
        reader.refuse(path, node, message, "Write it like data:/var/lib/data or /srv/site:/site:ro.")
        return None
    if len(parts) == 1:
        return _check(reader, node, path, Mount("volume", parts[0]))
    if len(parts) == 2 and not _absolute(parts[1]) and _absolute(parts[0]):
        options = _options(reader, node, path, parts[1])
        mount = None if options is None else Mount("volume", parts[0], read_only=bool(options.get("read_only")))
        return mount and _check(reader, node, path, mount)
    source, target = parts[0], parts[1]
    options = _options(reader, node, path, parts[2]) if len(parts) == 3 else {}
    if options is None:
        return None
    kind = _source_type(source)
    mount = Mount(
        kind,
        target,
        source,
        read_only=bool(options.get("read_only")),
        create_host_path=kind == "bind",
        propagation=str(options.get("propagation", "")),
        selinux=str(options.get("selinux", "")),
        nocopy=bool(options.get("nocopy")),
    )
    return _check(reader, node, path, mount)


def _bind(reader: Reader, node: Node | None, path: str) -> dict[str, Any]:
    """What the long form says of a bind mount."""
    if node is None:
        return {"create_host_path": True}
    known = reader.checked(node, path, ("propagation", "create_host_path", "selinux", "recursive"))
    return {
        "propagation": reader.choice(known.get("propagation"), f"{path}.propagation", PROPAGATIONS) or "",
        "create_host_path": reader.flag(known.get("create_host_path"), f"{path}.create_host_path") is not False,
        "selinux": reader.choice(known.get("selinux"), f"{path}.selinux", ("z", "Z")) or "",
        "recursive": reader.choice(known.get("recursive"), f"{path}.recursive", RECURSIVE) or "",
    }


def _volume(reader: Reader, node: Node | None, path: str) -> dict[str, Any]:
    if node is None:
        return {}
    known = reader.checked(node, path, ("nocopy", "subpath", "labels"))
    return {
        "nocopy": reader.flag(known.get("nocopy"), f"{path}.nocopy") or False,
        "subpath": _subpath(reader, known, path),
        "labels": reader.labels(known.get("labels"), f"{path}.labels"),
    }


def _subpath(reader: Reader, known: Map, path: str) -> str:
    """Needs Docker Engine 26; an older one would mount the whole volume."""
    node = known.get("subpath")
    text = reader.text(node, f"{path}.subpath") or ""
    if node is not None and (text.startswith("/") or ".." in text.split("/")):
        reader.refuse(f"{path}.subpath", node, f"“{text}” leaves the volume.", "Name a folder inside of it.")
        return ""
    if node is not None and text:
        reader.note(f"{path}.subpath", node, "Docker Engine 26 or newer is needed; an older one mounts all of it.")
    return text


def _tmpfs_options(reader: Reader, node: Node | None, path: str) -> tuple[int, int]:
    """(size in bytes, mode) of the long form."""
    if node is None:
        return 0, 0
    known = reader.checked(node, path, ("size", "mode"))
    size = reader.size(known.get("size"), f"{path}.size") or 0
    mode = reader.text(known.get("mode"), f"{path}.mode") or ""
    return size, _mode(reader, known.get("mode"), f"{path}.mode", mode)


def _mode(reader: Reader, node: Node | None, path: str, text: str) -> int:
    digits = text.lower().removeprefix("0o")
    if not digits:
        return 0
    if re.fullmatch(r"[0-7]{3,5}", digits):
        return int(digits, 8)
    reader.refuse(path, node, f"“{text}” is not a file mode.", "Write it in octal, like 01777.")
    return 0


def _long(reader: Reader, node: Map, path: str) -> Mount | None:
    known = reader.checked(node, path, _LONG)
    kind = reader.text(known.get("type"), f"{path}.type")
    if kind not in _KINDS:
        what = f"Mounts of type “{kind}” are not applied." if kind else "“type” is missing."
        reader.refuse(f"{path}.type", known.get("type") or node, what, f"Use {', '.join(_KINDS)}.")
        return None
    if (hint := known.get("consistency")) is not None and reader.text(hint, f"{path}.consistency"):
        reader.note(f"{path}.consistency", hint, "It is a hint for the macOS desktop and changes nothing here.")
    target = reader.text(known.get("target"), f"{path}.target")
    if target is None:
        reader.refuse(path, node, "“target”, the path in the container, is missing.")
        return None
    for other in ("bind", "volume", "tmpfs", "image"):
        if other in known.entries and other != kind:
            reader.refuse(
                f"{path}.{other}", known.entries[other], f"“{other}” does not go with a mount of type {kind}."
            )
    more: dict[str, Any] = {}
    if kind == "bind":
        more = _bind(reader, known.get("bind"), f"{path}.bind")
    elif kind == "volume":
        more = _volume(reader, known.get("volume"), f"{path}.volume")
    elif kind == "tmpfs":
        size, mode = _tmpfs_options(reader, known.get("tmpfs"), f"{path}.tmpfs")
        more = {"tmpfs_size": size, "tmpfs_mode": mode}
    elif kind == "image" and (image := known.get("image")) is not None:
        more = {"subpath": _subpath(reader, reader.checked(image, f"{path}.image", ("subpath",)), f"{path}.image")}
    source = "" if kind == "tmpfs" else reader.text(known.get("source"), f"{path}.source") or ""
    read_only = reader.flag(known.get("read_only"), f"{path}.read_only") or False
    if kind == "image" and not source:
        reader.refuse(path, node, "“source”, the image to mount, is missing.", "Name an image.")
    return _check(reader, node, path, Mount(kind, target, source, read_only, **more))


def read_volumes(reader: Reader, node: Node, path: str) -> tuple[Mount, ...]:
    """The mounts of services.volumes; two at one place are refused."""
    if not isinstance(node, Items):
        if not (isinstance(node, Scalar) and node.kind == "null"):
            reader.refuse(path, node, "Volumes must be a list.")
        return ()
    found: dict[str, Mount] = {}
    for number, item in enumerate(node.items):
        where = f"{path}[{number}]"
        mount: Mount | None = None
        if isinstance(item, Map):
            mount = _long(reader, item, where)
        elif reader.text(item, where) is not None and isinstance(item, Scalar):
            mount = _short(reader, item, where)
        if mount is None:
            continue
        if mount.target in found:
            reader.refuse(where, item, f"Something else is mounted at “{mount.target}” already.", "Remove one of them.")
        found[mount.target] = mount
    return tuple(found.values())


def read_tmpfs(reader: Reader, node: Node, path: str) -> dict[str, str]:
    """services.tmpfs, /run or /run:size=64m,mode=1777: path -> the options, which the engine checks."""
    found: dict[str, str] = {}
    for text in reader.texts(node, path):
        target, _, options = text.partition(":")
        if not _absolute(target):
            reader.refuse(path, node, f"“{target}” is not an absolute path in the container.", "Start it with “/”.")
            continue
        for option in filter(None, options.split(",")):
            name, _, value = option.partition("=")
            if name == "size":
                reader.size(standing_at(node, value), path)
            elif name == "mode":
                _mode(reader, node, path, value)
            elif name not in TMPFS_OPTIONS:
                remedy = "Use size, mode, uid, gid, nr_inodes, ro, rw, exec, noexec and their kin."
                reader.refuse(path, node, f"The tmpfs option “{option}” is not applied.", remedy)
        found[target] = options
    return found
