r"""Mounts: folders of drives, named volumes and named pipes. [moby volume/mounts/windows_parser.go]

Short forms arrive as `HostConfig.Binds` ("c:\data:c:\app\data:ro"), all others as `HostConfig.Mounts`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hosts.windows.types import Finding, WindowsHost

CODE = "windows-mount"
PIPE_PREFIX = "\\\\.\\pipe\\"

# The engine's own expressions, written so that a long text cannot make them slow; it matches the text in lower case.
_NAME = r'[^\\/:*?"<>|\r\n]+'
_HOST_FOLDER = rf"(?:\\\\\?\\)?[a-z]:[\\/](?:{_NAME}(?:[\\/]{_NAME})*[\\/]?)?"
_PIPE = r'[/\\]{2}.[/\\]pipe[/\\][^:*?"<>|\r\n]+'
_SOURCE = rf"((?P<source>(({_HOST_FOLDER})|({_NAME})|({_PIPE}))):)?"
_DESTINATION = r'(?P<destination>((?:\\\\\?\\)?([a-z]):((?:[\\/][^\\/:*?"<>\r\n]+)*[\\/]?))|(' + _PIPE + "))"
_SPEC = re.compile(rf"^{_SOURCE}{_DESTINATION}(:(?P<mode>ro|rw))?$")
_TARGET = re.compile(rf"^{_DESTINATION}$")
_FOLDER = re.compile(rf"^{_HOST_FOLDER}$")
_VOLUME = re.compile(rf"^{_NAME}$")
_RESERVED = re.compile(r"^(con|prn|nul|aux|com[1-9]|lpt[1-9])$")
_LOOKS_LIKE_A_FILE = re.compile(r"[^\\/]+\.[A-Za-z][A-Za-z0-9]{0,5}$")
_FOLDERS = "Windows containers see folders like C:\\data; start both paths with a drive letter"


def findings(host_config: Mapping[str, Any], host: WindowsHost) -> Iterator[Finding]:
    """Every mount of the container."""
    for spec in host_config.get("Binds") or ():
        yield from _spec(str(spec), host)
    for mount in host_config.get("Mounts") or ():
        yield from _mount(mount, host)


def _spec(text: str, host: WindowsHost) -> Iterator[Finding]:
    """One of Binds: source, target and mode in one text."""
    invalid = f"invalid volume specification: '{text}'"
    found = _SPEC.match(text.lower())
    if found is None:
        if _SPEC.match(re.sub(r":[^:\\/]*$", "", text.lower())):
            detail = f"The mount “{text}” has options that Windows does not know. Use ro or rw alone."
        else:
            detail = f"“{text}” is no mount of a Windows container. {_FOLDERS}."
        if "docker.sock" in text:
            detail += f" The engine itself is the named pipe {PIPE_PREFIX}docker_engine there."
        yield Finding(CODE, detail, engine=invalid)
        return
    source, target = (found["source"] or "").replace("/", "\\"), found["destination"].replace("/", "\\")
    kind = "npipe" if source.startswith(PIPE_PREFIX) else "bind" if _FOLDER.match(source) else "volume"
    prefix = f"{invalid}: {_prefix(kind)}"
    if _is_root(target):
        yield _root(target, prefix)
    elif kind == "npipe":
        yield from _pipe({"Source": source, "Target": target, "ReadOnly": found["mode"] == "ro"}, prefix)
    elif kind == "bind":
        yield from _folder(source, text[: len(source)], prefix, host)
    elif source:
        yield from _volume({"Source": source}, prefix)


def _prefix(kind: str) -> str:
    return f'invalid mount config for type "{kind}": '


def _mount(mount: Mapping[str, Any], host: WindowsHost) -> Iterator[Finding]:
    """One of Mounts, in the order in which the engine looks."""
    kind, target = str(mount.get("Type") or ""), str(mount.get("Target") or "")
    prefix = _prefix(kind)
    if _is_root(target):
        yield _root(target.lower().replace("/", "\\"), prefix)
        return
    if not _TARGET.match(target.lower()):
        yield Finding(
            CODE,
            f"“{target}” is no path in a Windows container. {_FOLDERS}.",
            engine=f"{prefix}invalid mount path: '{target}'",
        )
        return
    match kind:
        case "bind":
            yield from _bind(mount, prefix, host)
        case "volume":
            yield from _volume(mount, prefix)
        case "npipe":
            yield from _pipe(mount, prefix)
        case "tmpfs":
            yield Finding(
                CODE,
                f"Windows has no tmpfs; “{target}” cannot be one. Use a volume.",
                engine=f"{prefix}mount type unknown",
            )
        case _:
            yield Finding(CODE, f"Windows has no mounts of type {kind}.", engine=f"{prefix}mount type unknown")


def _bind(mount: Mapping[str, Any], prefix: str, host: WindowsHost) -> Iterator[Finding]:
    source = str(mount.get("Source") or "")
    if propagation := (mount.get("BindOptions") or {}).get("Propagation"):
        yield Finding(
            CODE,
            f"Windows has no mount propagation. Take “{propagation}” out.",
            engine=f"{prefix}invalid propagation mode: {propagation}",
        )
    elif not _TARGET.match(source.lower()):
        yield Finding(
            CODE,
            f"“{source}” is no folder of {host.name}, which is Windows. {_FOLDERS}.",
            engine=f"{prefix}invalid mount path: '{source}' mount path must be absolute",
        )
    else:
        yield from _folder(source, source, prefix, host)


def _volume(mount: Mapping[str, Any], prefix: str) -> Iterator[Finding]:
    name = str(mount.get("Source") or "")
    if not name and mount.get("ReadOnly"):
        yield Finding(
            CODE,
            "An anonymous volume cannot be read-only. Give it a name or take “read_only” out.",
            engine=f"{prefix}must not set ReadOnly mode when using anonymous volumes",
        )
    elif name and not _VOLUME.match(name):
        yield Finding(CODE, f"“{name}” is no name for a volume.", engine=f"{prefix}invalid volume name")
    elif _RESERVED.match(name.lower()):
        yield Finding(
            CODE,
            f"Windows keeps the name “{name}” for itself. Give the volume another.",
            engine=f'{prefix}volume name "{name}" cannot be a reserved word for Windows filenames',
        )


def _pipe(mount: Mapping[str, Any], prefix: str) -> Iterator[Finding]:
    if mount.get("ReadOnly"):
        yield Finding(
            CODE,
            "A named pipe cannot be mounted read-only. Take “ro” out.",
            engine=f"{prefix}field ReadOnly must not be specified",
        )
        return
    for path in (str(mount.get("Source") or ""), str(mount.get("Target") or "")):
        if not path.startswith(PIPE_PREFIX):
            yield Finding(
                CODE,
                f"“{path}” is no named pipe. Both ends of the mount are written like {PIPE_PREFIX}docker_engine.",
                engine=f"{prefix}'{path}' is not a valid pipe path",
            )
            return


def _folder(source: str, shown: str, prefix: str, host: WindowsHost) -> Iterator[Finding]:
    """What holds for every folder of the host. shown: as the file writes it; short forms arrive in lower case."""
    if _LOOKS_LIKE_A_FILE.search(source):
        detail = (
            f"“{shown}” looks like a file. Windows mounts folders only: if it is one, the engine on {host.name} "
            "refuses it. Mount the folder that holds it."
        )
        yield Finding(CODE, detail, refused=False, engine=f"{prefix}source path must be a directory")
        return
    yield Finding(
        CODE,
        f"The folder {shown} must be on {host.name} already: a Windows engine does not make it.",
        refused=False,
        engine=f"{prefix}bind mount source path does not exist: {source}",
    )


def _is_root(target: str) -> bool:
    return target.lower().replace("/", "\\") in {"c:", "c:\\"}


def _root(target: str, prefix: str) -> Finding:
    return Finding(
        CODE,
        "Nothing can be mounted over the whole drive C: of a container. Name a folder.",
        engine=f"{prefix}destination path cannot be `c:` or `c:\\`: {target}",
    )
