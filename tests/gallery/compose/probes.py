"""A compose text for every attribute of the specification's schema: once with the attribute, once without it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from gallery.compose import refused
from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import load_project
from gallery.compose.sources import MAIN, Sources
from gallery.compose.types import Project

NAMES = {
    "services": "web", "networks": "net", "volumes": "data", "configs": "key", "secrets": "key", "depends_on": "db",
    "ulimits": "nofile", "models": "llm",
}  # fmt: skip
FILES = {
    "more.yaml": json.dumps(
        {"services": {"base": {"image": "base:1", "user": "9"}, "web": {"image": "w", "user": "8"}}}
    ),
    "side/part.yaml": json.dumps({"services": {"extra": {"image": "${WHO:-nobody}", "env_file": "./here.env"}}}),
    "side/here.env": "WHERE=side\n",
    "here.env": "WHERE=root\n",
    "who.env": "WHO='who:1'\n",
    "labels.env": "colour=blue\n",
    "content.txt": "content",
}
VALUES = {"E": "from the environment"}
SECRETS = {"key": "kept", "other": "kept elsewhere", "named": "kept by name"}
# What an attribute is given, by its path or else by its last word.
GIVEN: dict[str, Any] = {
    "version": "3.9", "name": "named", "include[].path": "side/part.yaml", "include[].env_file": "who.env",
    "include[].project_directory": ".", "extends.service": "base", "extends.file": "more.yaml",
    "parallelism": 3, "delay": "3s", "failure_action": "continue", "monitor": "7s", "max_failure_ratio": 0.5,
    "order": "start-first", "mode": "global", "endpoint_mode": "dnsrr", "replicas": 2, "cpus": 0.5, "memory": "64m",
    "pids": 50, "kind": "SSD", "value": 2, "condition": "on-failure", "max_attempts": 4, "window": "9s",
    "constraints": ["node.labels.zone == north"], "spread": "node.labels.zone", "max_replicas_per_node": 2,
    "annotations": {"a": "b"}, "attach": False, "path": "/dev/sda", "rate": 1000, "weight": 100,
    "cap_add": ["NET_ADMIN"], "cap_drop": ["CHOWN"], "cgroup": "host", "cgroup_parent": "m", "command": "echo hi",
    "source": "key", "target": "/elsewhere", "uid": "5", "gid": "6", "container_name": "one", "cpu_count": 2,
    "configs[].mode": "0400", "secrets[].mode": "0400", "ports[].mode": "host", "tmpfs.mode": "1770",
    "cpu_percent": 20, "cpu_shares": 512, "cpu_quota": 5000, "cpu_period": 10000, "cpu_rt_period": 9000,
    "cpu_rt_runtime": "400ms", "cpuset": "0", "credential_spec.config": "key", "credential_spec.file": "s.json",
    "credential_spec.registry": "s", "depends_on.*.restart": True, "depends_on.*.required": False,
    "depends_on.*.condition": "service_healthy", "device_cgroup_rules": ["c 1:3 mr"], "devices[].source": "/dev/a",
    "permissions": "r", "dns": "9.9.9.9", "dns_opt": ["ndots:1"], "dns_search": "example.org", "domainname": "d.org",
    "entrypoint": "/run", "env_file[].path": "here.env", "format": "raw", "env_file[].required": False,
    "label_file": "labels.env", "environment": {"A": "1"}, "services.*.expose": ["80"], "external_links": ["old:alias"],
    "extra_hosts": ["a:10.0.0.1"], "capabilities": ["gpu", "utility"], "count": 2, "device_ids": ["7"],
    "driver": "special", "options": {"o": "1"}, "group_add": ["5"], "disable": True, "interval": "5s", "retries": 9,
    "healthcheck.test": ["CMD", "true"], "timeout": "4s", "start_period": "6s", "start_interval": "1s", "hostname": "h",
    "image": "other:1", "init": True, "ipc": "host", "isolation": "process", "labels": {"a": "b"}, "links": ["db:d"],
    "mac_address": "02:42:ac:11:00:02", "mem_limit": "64m", "mem_reservation": "32m", "mem_swappiness": 10,
    "memswap_limit": "128m", "network_mode": "none", "aliases": ["a"], "interface_name": "eth9",
    "ipv4_address": "10.5.0.9", "ipv6_address": "fd00::9", "link_local_ips": ["169.254.8.8"], "driver_opts": {"a": "1"},
    "priority": 5, "gw_priority": 5, "oom_kill_disable": True, "oom_score_adj": 5, "pid": "host", "pids_limit": 50,
    "platform": "linux/arm64", "ports[].name": "n", "host_ip": "127.0.0.1", "published": "8080", "protocol": "udp",
    "ports[].target": 81, "app_protocol": "http", "user": "5", "privileged": True, "working_dir": "/w",
    "profiles": ["debug"], "pull_policy": "always", "read_only": True, "restart": "always", "runtime": "runsc",
    "scale": 2, "security_opt": ["no-new-privileges"], "shm_size": "64m", "sysctls": {"a": "1"}, "stdin_open": True,
    "stop_grace_period": "3s", "stop_signal": "SIGINT", "storage_opt": {"size": "1G"}, "services.*.tmpfs": "/run",
    "tty": True, "hard": 9, "soft": 9, "uts": "host", "userns_mode": "host", "volumes[].type": "tmpfs",
    "volumes[].source": "data", "consistency": "cached", "propagation": "rshared", "create_host_path": False,
    "recursive": "disabled", "selinux": "z", "nocopy": True, "subpath": "in", "size": "1m",
    "volumes_from": ["db:ro"], "subnet": "10.6.0.0/16", "ip_range": "10.6.1.0/24", "gateway": "10.6.0.1",
    "aux_addresses": {"a": "10.6.0.5"}, "internal": True, "enable_ipv4": False, "enable_ipv6": True,
    "attachable": True, "external.name": "other", "secrets.*.environment": "E", "configs.*.environment": "E",
    "file": "content.txt", "content": "inline", "ipam.options": {"o": "1"}, "hooks": 1, "devices[].target": "/dev/z",
}  # fmt: skip
# What stands beside an attribute because it means nothing alone; the part of the path that it belongs to first.
BESIDE: dict[str, dict[str, Any]] = {
    "include[]": {"path": "side/part.yaml"},
    "services.*.extends": {"service": "web", "file": "more.yaml"},
    "discrete_resource_spec": {"kind": "GPU", "value": 1},
    "reservations.devices[]": {"capabilities": ["gpu"]},
    "gpus[]": {"driver": "nvidia"},
    "device_read_bps[]": {"path": "/dev/sdb", "rate": 5},
    "device_read_iops[]": {"path": "/dev/sdb", "rate": 5},
    "device_write_bps[]": {"path": "/dev/sdb", "rate": 5},
    "device_write_iops[]": {"path": "/dev/sdb", "rate": 5},
    "weight_device[]": {"path": "/dev/sdb", "weight": 50},
    "services.*.configs[]": {"source": "other"},
    "services.*.secrets[]": {"source": "other"},
    "services.*.devices[]": {"source": "/dev/null"},
    "services.*.env_file[]": {"path": "who.env"},
    "ports[]": {"target": 80},
    "post_start[]": {"command": "true"},
    "pre_stop[]": {"command": "true"},
    "services.*.ulimits.*": {"hard": 10, "soft": 8},
    "services.*.volumes[]": {"type": "bind", "source": "/srv", "target": "/srv"},
    "volume": {"type": "volume", "source": "data"},
    "tmpfs": {"type": "tmpfs"},
    "image": {"type": "image", "source": "x:1"},
    "restart_policy": {"condition": "on-failure"},
    "watch[]": {"path": "a", "action": "sync"},
    "provider": {"type": "x"},
    "models.*": {"model": "m"},
    "secrets.*": {"external": True},
    "configs.*": {"external": True},
    "networks.*.external": {},
}
# What is beside it when the usual will not do.
ALONE = {"services.*.env_file[].required": {"path": "absent.env"}}
WHOLE = {
    "services.*.depends_on.*.required": (
        '{"services": {"web": {"image": "x", "depends_on": {"ghost": {"required": false}}}}}',
        '{"services": {"web": {"image": "x", "depends_on": {"ghost": {}}}}}',
    ),
}


def paths(schema: dict[str, Any]) -> list[str]:
    """Every attribute that has no attributes of its own, as services.*.ports[].target."""
    found: dict[str, None] = {}
    _walk(schema, schema, "", found)
    return [path for path in found if not any(_below(other, path) for other in found)]


def _below(other: str, path: str) -> bool:
    return other.startswith((f"{path}.", f"{path}[]"))


def _walk(schema: dict[str, Any], node: dict[str, Any], path: str, found: dict[str, None]) -> None:
    while "$ref" in node:
        node = schema["definitions"][node["$ref"].rpartition("/")[2]]
    for other in (*node.get("oneOf", ()), *node.get("anyOf", ())):
        _walk(schema, other, path, found)
    if "items" in node:
        _walk(schema, node["items"], f"{path}[]", found)
    for pattern, value in node.get("patternProperties", {}).items():
        if pattern != "^x-":
            _walk(schema, value, f"{path}.*", found)
    for name, value in node.get("properties", {}).items():
        inner = f"{path}.{name}" if path else name
        found[inner] = None
        _walk(schema, value, inner, found)


def given(path: str) -> Any:
    """The value an attribute is given. Raises KeyError when the table has none."""
    parts = path.split(".")
    for start in range(len(parts)):
        suffix = ".".join(parts[start:])
        if suffix in GIVEN:
            return copy.deepcopy(GIVEN[suffix])
    if any(f".{name}" in path for name in (*refused.SERVICE, *refused.CONTENT)):
        return "x"
    raise KeyError(path)


def _steps(path: str) -> Iterator[tuple[str, str]]:
    """(key, the path up to it) of every level; lists are marked at the key before."""
    walked = ""
    parent = ""
    for part in path.split("."):
        walked = f"{walked}.{part}" if walked else part
        key = NAMES[parent] if part == "*" else part.removesuffix("[]")
        parent = key
        yield key, walked


def texts(path: str, value: Any) -> tuple[str, str]:
    """(the compose text with the attribute, the same without it)."""
    if path in WHOLE:
        return WHOLE[path]
    document: dict[str, Any] = {"services": {"web": {"image": "x"}, "db": {"image": "x"}}}
    root = path.partition(".")[0]
    if root in {"networks", "volumes", "secrets", "configs"}:
        use = {"volumes": ["data:/data"]}.get(root, [NAMES[root]])
        document["services"]["web"][root] = use
        document.setdefault(root, {})[NAMES[root]] = {}
    elif path.startswith(("services.*.networks", "services.*.volumes")):
        document |= {"networks": {"net": {}}, "volumes": {"data": {}}}
    elif path.startswith(("services.*.configs", "services.*.secrets", "services.*.credential_spec")):
        both = {name: {"external": True} for name in ("key", "other")}
        document |= {"configs": both, "secrets": both}
    place = document
    steps = list(_steps(path))
    for key, walked in steps[:-1]:
        place = _level(place, key, walked, path)
    with_it, without = place, steps[-1][0]
    with_it[without] = value
    found = json.dumps(document)
    del with_it[without]
    return found, json.dumps(document)


def _level(place: dict[str, Any], key: str, walked: str, path: str) -> dict[str, Any]:
    beside: dict[str, Any] = {}
    for suffix, more in BESIDE.items():
        if walked == suffix or walked.endswith(f".{suffix}"):
            beside |= copy.deepcopy(more)
    beside = copy.deepcopy(ALONE[path]) if path in ALONE and walked.endswith("[]") else beside
    if walked.endswith("[]"):
        place[key] = [beside]
        return beside
    if walked.startswith("services.*.volumes[].") and walked.count(".") == 3:
        place |= {name: beside.pop(name) for name in ("type", "source") if name in beside}
    held: dict[str, Any] = place[key] if isinstance(place.get(key), dict) else {}
    place[key] = held
    held |= beside
    return held


def outcome(text: str, name: str | None = "demo") -> tuple[Project | None, str]:
    """(the project, or None; everything that is refused, as text)."""
    sources = Sources({MAIN: text, **FILES}, values=VALUES, secrets=SECRETS)
    try:
        return load_project(sources, name), ""
    except ComposeInvalid as error:
        return None, "\n".join(str(refusal) for refusal in error.refusals)
