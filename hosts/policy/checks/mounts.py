"""Mounts in all their spellings: Binds, Mounts, volumes of others, volume drivers."""

from collections.abc import Mapping
from typing import Any

from ..documents import Struct, free, given, table, texts, walk
from ..options import allows
from ..types import Findings, Scope, Unclear
from .labels import labels
from .paths import DRIVE, bind_findings, is_volume_name, permitted

QUIET_PROPAGATION = ("", "private", "rprivate", "slave", "rslave")


def binds(scope: Scope, value: Any, where: str) -> Findings:
    """`source:target[:options]`; a source that is no volume name is a path of the host."""
    for text in texts(value, where):
        yield from bind(scope, text, where)


def bind(scope: Scope, text: str, where: str) -> Findings:
    source = bind_source(text)
    if not source:
        return  # a target alone: an anonymous volume
    if is_volume_name(source):
        yield from named_volume(scope, source, where)
    options = text[len(source) + 1 :].rpartition(":")[2].split(",")
    if not is_volume_name(source):
        yield from bind_findings(scope, source, where, read_only="ro" in options)
    if "shared" in options or "rshared" in options:
        yield from _shared(scope, where)


def bind_source(text: str) -> str:
    """The source of a bind; "" for a target alone. Colons of a drive and of a device path are no separators."""
    start = 0
    if DRIVE.match(text):
        start = 2
    elif text[:4] in ("\\\\?\\", "//?/") and DRIVE.match(text[4:]):
        start = 6
    source, sign, _rest = text[start:].partition(":")
    return text[:start] + source if sign else ""


def named_volume(scope: Scope, name: str, where: str) -> Findings:
    """A volume that exists is looked at as if it were made now: somebody may have hidden a bind in it."""
    found = scope.resource("volume", name)
    if found is None:
        yield from scope.forbid_always("volume-unknown", f"{where} mounts the volume {name}, which was not looked at")
        return
    if not found.exists:
        return
    if not found.ours:
        yield from not_ours("volume", name)
    yield from volume_driver(scope, (found.document or {}).get("Driver"), where)
    yield from volume_options(scope, (found.document or {}).get("Options"), f"{where}: the volume {name}")


def not_ours(kind: str, name: str) -> Findings:
    from .owners import MISSING, absent

    if kind in MISSING:
        yield absent(kind, name)


def volume_driver(scope: Scope, value: Any, where: str) -> Findings:
    if not given(value):
        return
    if not isinstance(value, str):
        raise Unclear("json-shape", f"{where} names a driver that is no text.")
    yield from scope.forbid(
        "volume-driver", f"{where} uses the volume driver {value[:60]}", lambda o: allows(o.volume_drivers, value)
    )


def volume_options(scope: Scope, value: Any, where: str) -> Findings:
    """Options of the local driver mount anything: a bind is one of `o`, whatever `type` says. [local driver]"""
    if not given(value):
        return
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
        raise Unclear("json-shape", f"{where}: driver options are texts.")
    kind, device = value.get("type", ""), value.get("device", "")
    flags = {flag.strip().lower() for flag in value.get("o", "").split(",")}
    binds_a_path = bool(flags & {"bind", "rbind"})
    if set(value) <= {"size"} or (
        kind == "tmpfs" and device in ("", "tmpfs") and not flags & {"bind", "rbind", "move"}
    ):
        return
    if binds_a_path and kind in ("", "none") and flags <= {"bind", "rbind", "ro", "rw"}:
        yield from scope.forbid(
            "volume-bind",
            f"{where} binds {device[:120]} of the host",
            lambda o: permitted(o, device, read_only="ro" in flags),
        )
        return
    yield from scope.forbid("volume-options", f"{where} has driver options", lambda o: o.volume_options)


def mounts(scope: Scope, value: Any, where: str) -> Findings:
    """The list of Mount objects of a container or a service."""
    if not isinstance(value, list):
        raise Unclear("json-shape", f"{where} is not a list.")
    for item in value:
        yield from mount(scope, item, where)


def mount(scope: Scope, value: Any, where: str) -> Findings:
    fields = Struct(value, where)
    kind, source = fields.text("Type"), fields.text("Source")
    yield from walk(scope, value, MOUNT, where)
    if kind == "bind":
        yield from bind_findings(scope, source, where, read_only=fields.get("ReadOnly") is True)
    elif kind == "npipe":
        yield from scope.forbid("named-pipe", f"{where} mounts the pipe {source[:120]}", lambda o: o.docker_socket)
    elif kind == "volume" and source:
        if is_volume_name(source):
            yield from named_volume(scope, source, where)
        else:
            yield from bind_findings(scope, source, where)
    elif kind not in ("volume", "tmpfs", "image"):
        yield from scope.forbid_always("mount-type", f"{where} has a mount of type {kind[:20] or 'unknown'}")


def bind_options(scope: Scope, value: Any, where: str) -> Findings:
    propagation = Struct(value, where).text("Propagation")
    if propagation not in QUIET_PROPAGATION:
        yield from _shared(scope, where)
    yield from walk(scope, value, BIND_OPTIONS, where)


def _shared(scope: Scope, where: str) -> Findings:
    yield from scope.forbid("mount-propagation", f"{where} would mount into the host", lambda o: o.privileged)


def volume_mount_options(scope: Scope, value: Any, where: str) -> Findings:
    yield from walk(scope, value, VOLUME_OPTIONS, where)


def driver_config(scope: Scope, value: Any, where: str) -> Findings:
    fields = Struct(value, where)
    yield from walk(scope, value, DRIVER, where)
    yield from volume_driver(scope, fields.get("Name"), where)
    yield from volume_options(scope, fields.get("Options"), where)


DRIVER = table({"Name": free, "Options": free})
BIND_OPTIONS = table(
    {
        "Propagation": free,
        "NonRecursive": free,
        "CreateMountpoint": free,
        "ReadOnlyNonRecursive": free,
        "ReadOnlyForceRecursive": free,
    }
)
VOLUME_OPTIONS = table({"NoCopy": free, "Labels": labels, "DriverConfig": driver_config, "Subpath": free})
MOUNT = table(
    {
        "Target": free,
        "Source": free,
        "Type": free,
        "ReadOnly": free,
        "Consistency": free,
        "BindOptions": bind_options,
        "VolumeOptions": volume_mount_options,
        "ImageOptions": free,
        "TmpfsOptions": free,
    }
)
