r"""What a Windows engine checks, in its order, and the words with which it refuses.

Written from the engine's source (moby: daemon/internal/runconfig/hostconfig_windows.go, daemon/daemon_windows.go,
volume/mounts/windows_parser.go, libnetwork/drivers/windows) and not from the portal's rules, which are tested against
it.
"""

import re
from typing import Any

from tests.sim.world import Json, Refusal

CPUS = 4
PIPE = "\\\\.\\pipe\\"
FOLDER = re.compile(r'(\\\\\?\\)?[a-z]:[\\/]([^\\/:*?"<>|\r\n]+([\\/][^\\/:*?"<>|\r\n]+)*[\\/]?)?')
NAME = re.compile(r'[^\\/:*?"<>|\r\n]+')
PIPE_PATH = re.compile(r'[/\\]{2}.[/\\]pipe[/\\][^:*?"<>|\r\n]+')
TARGET = re.compile(r'(\\\\\?\\)?[a-z]:([\\/][^\\/:*?"<>\r\n]+)*[\\/]?')
RESERVED = re.compile(r"con|prn|nul|aux|com[1-9]|lpt[1-9]")
BLOCK_IO = ("BlkioDeviceReadBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteBps", "BlkioDeviceWriteIOps")


def at_decode(host: Json) -> None:
    """Before anything is looked up. Raises Refusal."""
    isolation = str(host.get("Isolation") or "").lower()
    if str(host.get("NetworkMode") or "").startswith("container:") and isolation == "hyperv":
        raise Refusal(
            400,
            "invalid network-mode: using the network stack of another container is not supported while using Hyper-V "
            "Containers",
        )
    if isolation not in {"", "default", "process", "hyperv"}:
        raise Refusal(
            400, f"invalid isolation ({host['Isolation']}): Windows supports 'default', 'process', or 'hyperv'"
        )
    for name, words in (
        ("CpuRealtimePeriod", "CPU real-time period"),
        ("CpuRealtimeRuntime", "CPU real-time runtime"),
        ("Privileged", "privileged mode"),
        ("ReadonlyRootfs", "read-only mode"),
    ):
        if host.get(name):
            raise Refusal(400, f"invalid option: {words} is not supported for Windows containers")


def resources(host: Json, *, hyperv: bool) -> list[str]:
    """Limits; gives warnings. Raises Refusal."""
    warnings = [] if hyperv else _precedence(host)
    shares, percent, count = (int(host.get(name) or 0) for name in ("CpuShares", "CpuPercent", "CpuCount"))
    nano = int(host.get("NanoCpus") or 0)
    for wrong, words in (
        (shares < 0 or shares > 10000, "range of CPUShares is from 1 to 10000"),
        (percent < 0 or percent > 100, "range of CPUPercent is from 1 to 100"),
        (count < 0, "invalid CPUCount: CPUCount cannot be negative"),
        (nano > 0 and percent > 0, "conflicting options: Nano CPUs and CPU Percent cannot both be set"),
        (nano > 0 and shares > 0, "conflicting options: Nano CPUs and CPU Shares cannot both be set"),
        (
            nano < 0 or nano > CPUS * 10**9,
            f"range of CPUs is from 0.01 to {CPUS}.00, as there are only {CPUS} CPUs available",
        ),
    ):
        if wrong:
            raise Refusal(400, words)
    for name in (
        *BLOCK_IO,
        "BlkioWeight",
        "BlkioWeightDevice",
        "CgroupParent",
        "CpuPeriod",
        "CpusetCpus",
        "CpusetMems",
    ):
        _unsupported(name, bool(host.get(name)))
    for name in ("MemoryReservation", "MemorySwap", "MemorySwappiness", "OomKillDisable", "PidsLimit", "Ulimits"):
        given = host.get(name) is not None if name == "MemorySwappiness" else bool(host.get(name))
        _unsupported(name, given)
    return warnings


def _unsupported(name: str, given: bool) -> None:
    if given:
        words = "CPUPeriod" if name == "CpuPeriod" else name
        raise Refusal(400, f"invalid option: Windows does not support {words}")


def _precedence(host: Json) -> list[str]:
    """Of three CPU limits one counts."""
    words = {"CpuCount": "CPU count", "CpuShares": "CPU shares", "CpuPercent": "CPU percent"}
    given = [name for name in words if int(host.get(name) or 0) > 0]
    warnings = []
    for dropped in given[1:]:
        host[dropped] = 0
        warnings.append(
            f"Conflicting options: {words[given[0]]} takes priority over {words[dropped]} on Windows Server "
            f"Containers. {words[dropped]} discarded"
        )
    return warnings


def mounts(host: Json, folders: set[str], files: set[str]) -> list[Json]:
    """Binds and Mounts; gives the mount points as inspect shows them. Raises Refusal."""
    points = []
    for text in host.get("Binds") or ():
        try:
            points.append(_point(_parsed(text), folders, files))
        except _Invalid as error:
            told = f": {error}" if str(error) else ""
            raise Refusal(400, f"invalid volume specification: '{text}'{told}") from None
    for mount in host.get("Mounts") or ():
        try:
            points.append(_point(mount, folders, files))
        except _Invalid as error:
            raise Refusal(400, str(error)) from None
    return points


class _Invalid(Exception):
    pass


def _parsed(text: str) -> Json:
    """[source:]target[:mode], in lower case."""
    lower = text.lower()
    mode = next((word for word in ("ro", "rw") if lower.endswith(f":{word}")), "")
    rest = lower[: -len(mode) - 1] if mode else lower
    for at in [None, *(found.start() for found in re.finditer(":", rest))]:
        source, target = ("", rest) if at is None else (rest[:at], rest[at + 1 :])
        right = not source or any(kind.fullmatch(source) for kind in (FOLDER, NAME, PIPE_PATH))
        if right and (at is None or source) and _is_target(target):
            source, target = source.replace("/", "\\"), target.replace("/", "\\")
            kind = "npipe" if source.startswith(PIPE) else "bind" if FOLDER.fullmatch(source) else "volume"
            return {"Type": kind, "Source": source, "Target": target, "ReadOnly": mode == "ro"}
    raise _Invalid


def _is_target(path: str) -> bool:
    return bool(TARGET.fullmatch(path) or PIPE_PATH.fullmatch(path))


def _point(mount: Json, folders: set[str], files: set[str]) -> Json:
    kind = mount["Type"]
    source, target = str(mount.get("Source") or ""), str(mount.get("Target") or "")
    if words := _wrong(mount, kind, source, target, folders, files):
        raise _Invalid(f'invalid mount config for type "{kind}": {words}')
    point: Json = {"Type": kind, "Source": source, "Destination": target, "Mode": "", "RW": not mount.get("ReadOnly")}
    return point | ({"Name": source or "anonymous", "Driver": "local"} if kind == "volume" else {})


def _wrong(mount: Json, kind: str, source: str, target: str, folders: set[str], files: set[str]) -> str:
    flat = target.lower().replace("/", "\\")
    if flat in {"c:", "c:\\"}:
        return f"destination path cannot be `c:` or `c:\\`: {flat}"
    if not _is_target(target.lower()):
        return f"invalid mount path: '{target}'"
    match kind:
        case "bind":
            return _wrong_bind(mount, source, folders, files)
        case "volume":
            if not source:
                return "must not set ReadOnly mode when using anonymous volumes" if mount.get("ReadOnly") else ""
            if RESERVED.fullmatch(source):
                return f'volume name "{source}" cannot be a reserved word for Windows filenames'
            return "" if NAME.fullmatch(source) else "invalid volume name"
        case "npipe":
            if mount.get("ReadOnly"):
                return "field ReadOnly must not be specified"
            bad = next((path for path in (source, target) if not path.startswith(PIPE)), "")
            return f"'{bad}' is not a valid pipe path" if bad else ""
    return "mount type unknown"


def _wrong_bind(mount: Json, source: str, folders: set[str], files: set[str]) -> str:
    if propagation := (mount.get("BindOptions") or {}).get("Propagation"):
        return f"invalid propagation mode: {propagation}"
    if not _is_target(source.lower()):
        return f"invalid mount path: '{source}' mount path must be absolute"
    place = source.lower().replace("/", "\\").rstrip("\\") or "c:"
    if place in files:
        return "source path must be a directory"
    return "" if place in folders else f"bind mount source path does not exist: {source}"


def at_start(host: Json, networks: dict[str, Any], *, hyperv: bool) -> None:
    """What is only looked at when a container starts. Raises Refusal."""
    for option in host.get("SecurityOpt") or ():
        name, equals, value = option.partition("=")
        if not equals:
            raise Refusal(400, f"invalid security option: no equals sign in supplied value {option}")
        if name.lower() != "credentialspec":
            raise Refusal(400, f"security option not supported: {name}")
        if not re.match(r"(file|registry|raw)://.", value):
            raise Refusal(
                400,
                "invalid credential spec security option - value must be prefixed by 'file://', 'registry://', or "
                "'raw://' followed by a non-empty value",
            )
    devices = host.get("Devices") or ()
    if devices and hyperv:
        raise Refusal(500, "device assignment is not supported for HyperV containers")
    for device in devices:
        path = device["PathOnHost"]
        if "://" not in path and not path.startswith("class/"):
            raise Refusal(500, f"invalid device assignment path: '{path}', must be 'class/ID' or 'IDType://ID'")
    mode = str(host.get("NetworkMode") or "default")
    if mode not in {"default", *networks} and not mode.startswith("container:"):
        raise Refusal(404, f"network {mode} not found")
    for target, places in (host.get("PortBindings") or {}).items():
        protocol = target.partition("/")[2] or "tcp"
        if protocol not in {"tcp", "udp"}:
            raise Refusal(500, f"invalid protocol {protocol}")
        for place in places or ():
            if "-" in str(place.get("HostPort", "")):
                raise Refusal(500, "Windows does not support more than one host port in NAT settings")
            if place.get("HostIp") not in {None, "", "0.0.0.0", "::"}:
                raise Refusal(500, "Windows does not support host IP addresses in NAT settings")


def network(body: Json) -> None:
    """A network that is to be made. Raises Refusal."""
    driver = body.get("Driver") or "nat"
    if driver not in {"nat", "transparent", "overlay", "l2bridge", "l2tunnel", "internal", "private", "ics", "null"}:
        raise Refusal(404, f"could not find plugin {driver} in v1 plugin registry: plugin not found")
