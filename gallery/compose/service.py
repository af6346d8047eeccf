"""One service of the text -> `Service`. Each attribute has one reader; an attribute without a reader is refused."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from . import refused
from .limits import read_deploy, read_healthcheck, read_resources, read_restart, read_ulimits
from .mounts import read_tmpfs, read_volumes
from .networks import read_service_networks
from .nodes import UNRESOLVED, Entry, Items, Map, Node, Scalar
from .ports import read_expose, read_ports
from .reader import Reader
from .types import Dependency, Device, Logging, Service

ReadAttribute = Callable[[Reader, Node, str], Any]

CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")
PULL_POLICIES = {"always": "always", "missing": "missing", "if_not_present": "missing", "never": "never"}
_CONTAINER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}\Z")
_SIGNAL = re.compile(r"(SIG)?[A-Z0-9+-]{1,12}\Z|[0-9]{1,2}\Z")
_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}\Z")
_HOST_NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9.-]{0,252}[a-zA-Z0-9])?\Z")


def _matching(pattern: re.Pattern[str], what: str) -> ReadAttribute:
    def read(reader: Reader, node: Node, path: str) -> str:
        text = reader.text(node, path)
        if text is not None and not pattern.match(text):
            reader.refuse(path, node, f"“{text}” is not {what}.")
        return text or ""

    return read


def _namespace(*allowed: str) -> ReadAttribute:
    def read(reader: Reader, node: Node, path: str) -> str:
        text = reader.text(node, path) or ""
        if text and text not in allowed:
            remedy = "Sharing with another container or service is not applied."
            reader.refuse(path, node, f"“{text}” is not one of {', '.join(allowed)}.", remedy)
        return text

    return read


def _devices(reader: Reader, node: Node, path: str) -> tuple[Device, ...]:
    found: list[Device] = []
    for number, item in enumerate(node.items if isinstance(node, Items) else ()):
        where = f"{path}[{number}]"
        if isinstance(item, Map):
            known = reader.checked(item, where, ("source", "target", "permissions"))
            source = reader.text(known.get("source"), f"{where}.source") or ""
            target = reader.text(known.get("target"), f"{where}.target") or source
            permissions = reader.text(known.get("permissions"), f"{where}.permissions") or "rwm"
        else:
            parts = (reader.text(item, where) or "").split(":")
            source, target = parts[0], parts[1] if len(parts) > 1 else parts[0]
            permissions = parts[2] if len(parts) > 2 else "rwm"
        if not source.startswith("/") or not set(permissions) <= set("rwm"):
            reader.refuse(where, item, f"“{source}” is not a device.", "Write it like /dev/ttyUSB0:/dev/ttyUSB0:rwm.")
            continue
        found.append(Device(source, target, permissions))
    if not isinstance(node, Items):
        reader.refuse(path, node, "This must be a list.")
    return tuple(found)


def _logging(reader: Reader, node: Node, path: str) -> Logging:
    known = reader.checked(node, path, ("driver", "options"))
    driver = reader.text(known.get("driver"), f"{path}.driver") or ""
    return Logging(driver, reader.labels(known.get("options"), f"{path}.options"))


def _extra_hosts(reader: Reader, node: Node, path: str) -> tuple[str, ...]:
    found: list[str] = []
    if isinstance(node, Map):
        for entry in reader.entries(node, path):
            found += [f"{entry.key}:{address}" for address in reader.texts(entry.value, f"{path}.{entry.key}")]
    else:
        found += [text.replace("=", ":", 1) for text in reader.texts(node, path)]
    for text in found:
        name, _, address = text.partition(":")
        if not name or not address:
            reader.refuse(path, node, f"“{text}” is not a host and its address.", "Write it like db.example:10.0.0.5.")
    return tuple(found)


def _pull_policy(reader: Reader, node: Node, path: str) -> str:
    text = reader.text(node, path) or "missing"
    if text not in PULL_POLICIES:
        reader.refuse(path, node, f"“{text}” is not applied as a pull policy.", "Use always, missing or never.")
        return "missing"
    return PULL_POLICIES[text]


def _dependency(reader: Reader, entry: Entry, path: str) -> tuple[Dependency, bool]:
    """(the dependency, whether it must exist)."""
    known = reader.checked(
        entry.value,
        path,
        ("condition", "required"),
        {"restart": "Dependents are not restarted along; restart them by hand."},
    )
    condition = reader.choice(known.get("condition"), f"{path}.condition", CONDITIONS) or CONDITIONS[0]
    return Dependency(entry.key, condition), reader.flag(known.get("required"), f"{path}.required") is not False


def read_depends_on(reader: Reader, node: Node | None, path: str, names: set[str]) -> tuple[Dependency, ...]:
    """Dependencies on services among `names`; an unknown one is refused unless it is marked as not required."""
    if node is None or (isinstance(node, Scalar) and node.kind == "null"):
        return ()
    found: list[tuple[Dependency, bool]] = []
    if isinstance(node, Map):
        found = [_dependency(reader, entry, f"{path}.{entry.key}") for entry in reader.entries(node, path)]
    else:
        found = [(Dependency(name), True) for name in reader.texts(node, path)]
    kept: list[Dependency] = []
    for dependency, required in found:
        if dependency.service in names:
            kept.append(dependency)
        elif required:
            reader.refuse(path, node, f"There is no service “{dependency.service}”.", "Name a service of this text.")
    return tuple(kept)


def _text(reader: Reader, node: Node, path: str) -> str:
    return reader.text(node, path) or ""


def _flag(reader: Reader, node: Node, path: str) -> bool:
    return reader.flag(node, path) or False


ATTRIBUTES: Mapping[str, tuple[str, ReadAttribute]] = {
    "annotations": ("annotations", Reader.labels),
    "cap_add": ("cap_add", Reader.texts),
    "cap_drop": ("cap_drop", Reader.texts),
    "command": ("command", Reader.words),
    "container_name": ("container_name", _matching(_CONTAINER_NAME, "a container name (letters, digits, . _ -)")),
    "devices": ("devices", _devices),
    "dns": ("dns", Reader.texts),
    "dns_opt": ("dns_opt", Reader.texts),
    "dns_search": ("dns_search", Reader.texts),
    "domainname": ("domainname", _matching(_HOST_NAME, "a domain name")),
    "entrypoint": ("entrypoint", Reader.words),
    "expose": ("expose", read_expose),
    "extra_hosts": ("hosts", _extra_hosts),
    "group_add": ("group_add", Reader.texts),
    "healthcheck": ("healthcheck", read_healthcheck),
    "hostname": ("hostname", _matching(_HOST_NAME, "a host name")),
    "image": ("image", _text),
    "init": ("init", Reader.flag),
    "ipc": ("ipc", _namespace("host", "private", "shareable", "none")),
    "isolation": ("isolation", _namespace("default", "process", "hyperv")),
    "labels": ("labels", Reader.labels),
    "logging": ("logging", _logging),
    "mac_address": ("mac_address", _matching(_MAC, "a MAC address, like 02:42:ac:11:00:02")),
    "network_mode": ("network_mode", _namespace("host", "none", "bridge")),
    "oom_score_adj": ("oom_score_adj", lambda reader, node, path: reader.integer(node, path, -1000, 1000)),
    "pid": ("pid", _namespace("host")),
    "platform": ("platform", _text),
    "ports": ("ports", read_ports),
    "privileged": ("privileged", _flag),
    "pull_policy": ("pull_policy", _pull_policy),
    "read_only": ("read_only", _flag),
    "restart": ("restart", read_restart),
    "runtime": ("runtime", _text),
    "security_opt": ("security_opt", Reader.texts),
    "shm_size": ("shm_size", Reader.size),
    "stdin_open": ("stdin_open", _flag),
    "stop_grace_period": ("stop_grace_period", Reader.duration),
    "stop_signal": ("stop_signal", _matching(_SIGNAL, "a signal, like SIGINT")),
    "sysctls": ("sysctls", Reader.labels),
    "tty": ("tty", _flag),
    "ulimits": ("ulimits", read_ulimits),
    "user": ("user", _text),
    "working_dir": ("working_dir", _text),
}
# Read together with others, below.
JOINED = (
    "cpu_shares", "cpus", "cpuset", "depends_on", "deploy", "environment", "mem_limit", "mem_reservation",
    "memswap_limit", "networks", "pids_limit", "scale", "tmpfs", "volumes",
)  # fmt: skip


def _environment(reader: Reader, node: Node | None, path: str, values: Mapping[str, str]) -> dict[str, str]:
    """Complete values; a name alone takes the value given for the application."""
    found: dict[str, str] = {}
    for name, value in reader.pairs(node, path).items():
        if value is not None:
            found[name] = value.text
        elif name in values:
            found[name] = values[name]
        else:
            reader.refuse(f"{path}.{name}", node, f"{name} has no value.", f"Write a value, or give {name} a value.")
    return found


def _check(reader: Reader, entry: Entry, known: Map, path: str, service: Service) -> None:
    """What only shows when the attributes are seen together."""
    image = known.get("image")
    if not service.image and not (isinstance(image, Scalar) and image.kind == UNRESOLVED):
        remedy = "Name an image, like nginx:1.27."
        if image is not None or "build" not in _keys(entry):
            reader.refuse(f"{path}.image", image or entry, "The service has no image.", remedy)
    if service.network_mode and known.get("networks") is not None:
        message = "“network_mode” and “networks” do not go together."
        reader.refuse(f"{path}.network_mode", known.entries["network_mode"], message, "Remove one of them.")
    if service.network_mode == "host" and service.ports:
        message = "With “network_mode: host” every port is the host's own; “ports” has no effect."
        reader.refuse(f"{path}.ports", known.entries["ports"], message, "Remove “ports”.")
    if service.container_name and service.replicas > 1:
        message = f"{service.replicas} replicas cannot share one container name."
        reader.refuse(f"{path}.container_name", known.entries["container_name"], message, "Remove “container_name”.")
    fixed = [port.published for port in service.ports if port.published and "-" not in port.published]
    if service.replicas > 1 and fixed:
        message = f"{service.replicas} replicas cannot all publish port {fixed[0]} of one host."
        remedy = f"Publish a range, like {fixed[0]}-{int(fixed[0]) + service.replicas - 1}, or no fixed port."
        reader.refuse(f"{path}.ports", known.entries["ports"], message, remedy)


def _keys(entry: Entry) -> set[str]:
    return set(entry.value.entries) if isinstance(entry.value, Map) else set()


def read_service(reader: Reader, entry: Entry, names: set[str], values: Mapping[str, str]) -> Service:
    """The service at `entry`. names: every service of the text; values: for environment names without a value."""
    path = f"services.{entry.key}"
    known = reader.checked(entry.value, path, (*ATTRIBUTES, *JOINED), refused.SERVICE)
    fields: dict[str, Any] = {}
    for name, (attribute, read) in ATTRIBUTES.items():
        node = known.get(name)
        if node is not None and not (isinstance(node, Scalar) and node.kind == "null"):
            fields[attribute] = read(reader, node, f"{path}.{name}")
    fields = {name: value for name, value in fields.items() if value is not None}
    deploy = read_deploy(reader, known, path)
    tmpfs = known.get("tmpfs")
    volumes = known.get("volumes")
    mounts = read_volumes(reader, volumes, f"{path}.volumes") if volumes is not None else ()
    fields["mounts"] = (*mounts, *(read_tmpfs(reader, tmpfs, f"{path}.tmpfs") if tmpfs is not None else ()))
    fields["environment"] = _environment(reader, known.get("environment"), f"{path}.environment", values)
    fields["resources"] = read_resources(reader, known, path, deploy)
    fields["replicas"] = deploy.replicas
    if deploy.restart is not None:
        fields.setdefault("restart", deploy.restart)
    fields["depends_on"] = read_depends_on(reader, known.get("depends_on"), f"{path}.depends_on", names)
    if not fields.get("network_mode"):
        fields["networks"] = read_service_networks(reader, known.get("networks"), f"{path}.networks")
    service = Service(name=entry.key, line=entry.line, **{"image": "", **fields})
    _check(reader, entry, known, path, service)
    return service
