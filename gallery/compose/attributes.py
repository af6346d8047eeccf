"""Readers of attributes that are a value of their own, and need nothing else of the service."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from .devices import read_block_io, read_device_rules, read_devices, read_gpus
from .limits import read_healthcheck, read_restart, read_ulimits
from .mounts import read_tmpfs
from .networks import MAC
from .nodes import Items, Map, Node
from .ports import read_expose, read_ports
from .reader import Reader
from .types import Logging

ReadAttribute = Callable[[Reader, Node, str], Any]

PULL_POLICIES = {"always": "always", "missing": "missing", "if_not_present": "missing", "never": "never"}
_CONTAINER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}\Z")
_SIGNAL = re.compile(r"(SIG)?[A-Z0-9+-]{1,12}\Z|[0-9]{1,2}\Z")
_HOST_NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9.-]{0,252}[a-zA-Z0-9])?\Z")
_OTHER = re.compile(r"(service|container):[a-zA-Z0-9][a-zA-Z0-9_.-]*\Z")


def _matching(pattern: re.Pattern[str], what: str) -> ReadAttribute:
    def read(reader: Reader, node: Node, path: str) -> str:
        text = reader.text(node, path)
        if text is not None and not pattern.match(text):
            reader.refuse(path, node, f"“{text}” is not {what}.")
        return text or ""

    return read


def _choice(*allowed: str, other: bool = False) -> ReadAttribute:
    """One of `allowed`. other: also service:NAME and container:NAME, whose namespace is shared."""

    def read(reader: Reader, node: Node, path: str) -> str:
        text = reader.text(node, path) or ""
        if text and text not in allowed and not (other and _OTHER.match(text)):
            more = ", service:NAME, container:NAME" if other else ""
            reader.refuse(path, node, f"“{text}” is not one of {', '.join(allowed)}{more}.")
            return ""
        return text

    return read


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


def _links(reader: Reader, node: Node, path: str) -> tuple[tuple[str, str], ...]:
    """NAME or NAME:ALIAS -> (name, alias)."""
    if not isinstance(node, Items):
        reader.refuse(path, node, "This must be a list.")
        return ()
    parts = (text.partition(":") for text in reader.texts(node, path))
    return tuple((name, alias or name) for name, _, alias in parts)


def _volumes_from(reader: Reader, node: Node, path: str) -> tuple[str, ...]:
    """SERVICE, SERVICE:ro or container:NAME:ro, each with what it is written out."""
    found = []
    for text in reader.texts(node, path):
        kind, rest = (
            ("container", text.removeprefix("container:")) if text.startswith("container:") else ("service", text)
        )
        name, colon, mode = rest.partition(":")
        if not name or mode not in {"", "ro", "rw"} or (colon and not mode):
            reader.refuse(path, node, f"“{text}” is not a service and how it is mounted.", "Write it like db:ro.")
            continue
        found.append(f"{kind}:{name}{colon}{mode}")
    return tuple(found)


def _attach(reader: Reader, node: Node, path: str) -> None:
    if reader.flag(node, path) is not None:
        reader.note(path, node, "Logs of every service are kept; it changes nothing here.")


def _text(reader: Reader, node: Node, path: str) -> str:
    return reader.text(node, path) or ""


def _flag(reader: Reader, node: Node, path: str) -> bool:
    return reader.flag(node, path) or False


# attribute -> (field of Service, its reader); a field "" is read and has no place.
ATTRIBUTES: Mapping[str, tuple[str, ReadAttribute]] = {
    "annotations": ("annotations", Reader.labels),
    "attach": ("", _attach),
    "blkio_config": ("block_io", read_block_io),
    "cap_add": ("cap_add", Reader.texts),
    "cap_drop": ("cap_drop", Reader.texts),
    "cgroup": ("cgroup", _choice("host", "private")),
    "cgroup_parent": ("cgroup_parent", _text),
    "command": ("command", Reader.words),
    "container_name": ("container_name", _matching(_CONTAINER_NAME, "a container name (letters, digits, . _ -)")),
    "device_cgroup_rules": ("device_rules", read_device_rules),
    "devices": ("devices", read_devices),
    "dns": ("dns", Reader.texts),
    "dns_opt": ("dns_opt", Reader.texts),
    "dns_search": ("dns_search", Reader.texts),
    "domainname": ("domainname", _matching(_HOST_NAME, "a domain name")),
    "entrypoint": ("entrypoint", Reader.words),
    "expose": ("expose", read_expose),
    "external_links": ("external_links", _links),
    "extra_hosts": ("hosts", _extra_hosts),
    "gpus": ("devices_wanted", read_gpus),
    "group_add": ("group_add", Reader.texts),
    "healthcheck": ("healthcheck", read_healthcheck),
    "hostname": ("hostname", _matching(_HOST_NAME, "a host name")),
    "image": ("image", _text),
    "init": ("init", Reader.flag),
    "ipc": ("ipc", _choice("host", "private", "shareable", "none", other=True)),
    "isolation": ("isolation", _choice("default", "process", "hyperv")),
    "links": ("links", _links),
    "logging": ("logging", _logging),
    "mac_address": ("mac_address", _matching(MAC, "a MAC address, like 02:42:ac:11:00:02")),
    "network_mode": ("network_mode", _choice("host", "none", "bridge", "default", other=True)),
    "oom_score_adj": ("oom_score_adj", lambda reader, node, path: reader.integer(node, path, -1000, 1000)),
    "pid": ("pid", _choice("host", other=True)),
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
    "storage_opt": ("storage_opt", Reader.labels),
    "sysctls": ("sysctls", Reader.labels),
    "tmpfs": ("tmpfs", read_tmpfs),
    "tty": ("tty", _flag),
    "ulimits": ("ulimits", read_ulimits),
    "user": ("user", _text),
    "userns_mode": ("userns_mode", _choice("host")),
    "uts": ("uts", _choice("host")),
    "volumes_from": ("volumes_from", _volumes_from),
    "working_dir": ("working_dir", _text),
}
