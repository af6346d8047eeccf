"""The flags of docker run, as tables. [docker/cli cli/command/container/opts.go]"""

import csv
from collections.abc import Callable, Mapping
from typing import Any


class Unreadable(ValueError):
    """Why a flag's value is refused; the message is a sentence."""


SHORT = {
    "a": "attach", "c": "cpu-shares", "d": "detach", "e": "env", "h": "hostname", "i": "interactive", "l": "label",
    "m": "memory", "P": "publish-all", "p": "publish", "q": "quiet", "t": "tty", "u": "user", "v": "volume",
    "w": "workdir",
}  # fmt: skip

TEXTS = {
    "cgroup-parent": "cgroup_parent", "cgroupns": "cgroup", "cpu-count": "cpu_count", "cpu-percent": "cpu_percent",
    "cpu-period": "cpu_period", "cpu-quota": "cpu_quota", "cpu-rt-period": "cpu_rt_period",
    "cpu-rt-runtime": "cpu_rt_runtime", "cpu-shares": "cpu_shares", "cpus": "cpus", "cpuset-cpus": "cpuset",
    "domainname": "domainname", "hostname": "hostname", "ipc": "ipc", "isolation": "isolation",
    "mac-address": "mac_address", "memory": "mem_limit", "memory-reservation": "mem_reservation",
    "memory-swap": "memswap_limit", "memory-swappiness": "mem_swappiness", "name": "container_name",
    "oom-score-adj": "oom_score_adj", "pid": "pid", "pids-limit": "pids_limit", "platform": "platform",
    "restart": "restart", "runtime": "runtime", "shm-size": "shm_size", "stop-signal": "stop_signal", "user": "user",
    "userns": "userns_mode", "uts": "uts", "workdir": "working_dir",
}  # fmt: skip

ITEMS = {
    "add-host": "extra_hosts", "cap-add": "cap_add", "cap-drop": "cap_drop", "device": "devices",
    "device-cgroup-rule": "device_cgroup_rules", "dns": "dns", "dns-opt": "dns_opt", "dns-option": "dns_opt",
    "dns-search": "dns_search", "env": "environment", "env-file": "env_file", "expose": "expose",
    "group-add": "group_add", "label": "labels", "label-file": "label_file", "link": "external_links",
    "publish": "ports", "security-opt": "security_opt", "tmpfs": "tmpfs", "volume": "volumes",
    "volumes-from": "volumes_from",
}  # fmt: skip

PAIRS = {"annotation": "annotations", "storage-opt": "storage_opt", "sysctl": "sysctls"}

THROTTLES = {
    "blkio-weight-device": ("weight_device", "weight"),
    "device-read-bps": ("device_read_bps", "rate"),
    "device-read-iops": ("device_read_iops", "rate"),
    "device-write-bps": ("device_write_bps", "rate"),
    "device-write-iops": ("device_write_iops", "rate"),
}

NETWORK_OPTIONS = {"ip": "ipv4_address", "ip6": "ipv6_address", "mac-address": "mac_address"}

Service = dict[str, Any]


def _sets(name: str, value: Any = True) -> Callable[[Service], None]:
    return lambda service: service.__setitem__(name, value)


def _nothing(service: Service) -> None:
    """A switch that has no meaning here; a note says so."""


SWITCHES: Mapping[str, Callable[[Service], None]] = {
    "detach": _nothing,
    "disable-content-trust": _nothing,
    "init": _sets("init"),
    "interactive": _sets("stdin_open"),
    "no-healthcheck": _sets("healthcheck", {"disable": True}),
    "oom-kill-disable": _sets("oom_kill_disable"),
    "privileged": _sets("privileged"),
    "quiet": _nothing,
    "read-only": _sets("read_only"),
    "rm": _nothing,
    "sig-proxy": _nothing,
    "tty": _sets("tty"),
}

MEANINGLESS = {
    "attach": "logs of every service are kept",
    "detach": "applications always run in the background",
    "detach-keys": "nobody is attached",
    "disable-content-trust": "it is the engine's default",
    "quiet": "progress is shown anyway",
    "rm": "containers are removed with the application",
    "sig-proxy": "nobody is attached",
}

REFUSED_SWITCHES = frozenset({"publish-all", "use-api-socket"})
REFUSED = {
    "cidfile": "There is no file on your machine to write; remove it.",
    "cpuset-mems": "Compose has no attribute for it; remove it.",
    "io-maxbandwidth": "Compose has no attribute for it; remove it.",
    "io-maxiops": "Compose has no attribute for it; remove it.",
    "ip-range": "Compose has no attribute for it; remove it.",
    "kernel-memory": "Engines no longer know it; remove it.",
    "publish-all": "Name each port with -p.",
    "use-api-socket": "Mount /var/run/docker.sock yourself if you really mean it.",
    "volume-driver": "Name the driver with --mount type=volume, or at the top-level volume.",
}


def mount(value: str) -> dict[str, Any]:
    """--mount as the long form of services.volumes. Raises Unreadable."""
    fields: dict[str, str] = {}
    for part in next(csv.reader([value])):
        key, equals, text = part.partition("=")
        fields[key.strip().lower()] = text if equals else "true"
    found: dict[str, Any] = {"type": fields.pop("type", "volume")}
    parts: dict[str, dict[str, Any]] = {}
    for key, text in fields.items():
        if key in _MOUNT_TOP:
            found[_MOUNT_TOP[key]] = text == "true" or text == "1" if _MOUNT_TOP[key] == "read_only" else text
        elif key in _MOUNT_PARTS:
            section, name = _MOUNT_PARTS[key]
            parts.setdefault(section, {})[name] = text == "true" if text in {"true", "false"} else text
        else:
            raise Unreadable(f"The mount option “{key}” is not converted.")
    if "target" not in found:
        raise Unreadable("The mount has no target.")
    if found["type"] == "bind":
        parts.setdefault("bind", {})["create_host_path"] = False  # as --mount has it: the source must be there
    return {**found, **parts}


_MOUNT_TOP = {
    "source": "source", "src": "source", "target": "target", "dst": "target", "destination": "target",
    "readonly": "read_only", "ro": "read_only", "consistency": "consistency",
}  # fmt: skip
_MOUNT_PARTS = {
    "bind-propagation": ("bind", "propagation"),
    "bind-recursive": ("bind", "recursive"),
    "volume-nocopy": ("volume", "nocopy"),
    "volume-subpath": ("volume", "subpath"),
    "tmpfs-size": ("tmpfs", "size"),
    "tmpfs-mode": ("tmpfs", "mode"),
    "image-subpath": ("image", "subpath"),
}


def ulimit(value: str) -> tuple[str, Any]:
    """name=soft[:hard]. Raises Unreadable."""
    name, equals, limits = value.partition("=")
    soft, colon, hard = limits.partition(":")
    if not equals or not soft.lstrip("-").isdigit() or (colon and not hard.lstrip("-").isdigit()):
        raise Unreadable(f"“{value}” is not a limit like nofile=1024:2048.")
    return name, {"soft": int(soft), "hard": int(hard)} if colon else int(soft)


def gpus(value: str) -> Any:
    """all, a number, or device=…,capabilities=…,driver=…. Raises Unreadable."""
    if value == "all":
        return "all"
    if value.isdigit():
        return [{"count": int(value)}]
    request: dict[str, Any] = {}
    for part in next(csv.reader([value.strip('"')])):
        key, equals, text = part.partition("=")
        if not equals and key.isdigit():
            request.setdefault("device_ids", []).append(key)
        elif key == "device":
            request.setdefault("device_ids", []).append(text)
        elif key in {"driver", "count"}:
            request[key] = text
        elif key == "capabilities":
            request["capabilities"] = text.split(",")
        else:
            raise Unreadable(f"The GPU option “{part}” is not converted.")
    return [request]
