"""services.deploy and scale. [Compose Deploy Specification]

What matters to a cluster only is read all the same, and a note says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .devices import read_device_requests
from .nodes import Items, Map, Node
from .parts import DeviceRequest
from .reader import Reader
from .types import Placement, Restart, Update

MAX_REPLICAS = 1000
CLUSTER_ONLY = "It counts in a cluster only; an engine alone has no place for it."
NOWHERE = Placement()
ORDERS = ("start-first", "stop-first")
_CONSTRAINT = re.compile(r"\s*(node|engine)\.[A-Za-z0-9_.\-/]+\s*(==|!=)\s*\S.*\Z")


@dataclass(frozen=True)
class Deploy:
    """What `deploy` and `scale` say. restart: None when `deploy` says nothing of it."""

    replicas: int = 1
    mode: str = "replicated"
    restart: Restart | None = None
    restart_delay: float | None = None
    restart_window: float | None = None
    placement: Placement = NOWHERE
    update: Update | None = None
    rollback: Update | None = None
    endpoint_mode: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    cpus: float | None = None
    memory: int | None = None
    memory_reservation: int | None = None
    pids: int | None = None
    reserved_cpus: float | None = None
    generic: tuple[tuple[str, int], ...] = ()
    devices: tuple[DeviceRequest, ...] = ()


ATTRIBUTES = (
    "mode", "replicas", "resources", "restart_policy", "placement", "update_config", "rollback_config",
    "endpoint_mode", "labels",
)  # fmt: skip


def read_deploy(reader: Reader, service: Map, path: str) -> Deploy:
    """`deploy` and `scale` of a service; saying both differently is refused."""
    node = service.get("deploy")
    deploy = _deploy(reader, node, f"{path}.deploy") if node is not None else Deploy()
    scale_node = service.get("scale")
    scale = reader.integer(scale_node, f"{path}.scale", 0, MAX_REPLICAS)
    if scale is None:
        return deploy
    if isinstance(node, Map) and "replicas" in node.entries and scale != deploy.replicas:
        message = "“scale” and “deploy.replicas” say different numbers."
        reader.refuse(f"{path}.scale", scale_node, message, "Remove “scale”.")
    return replace(deploy, replicas=scale)


def _deploy(reader: Reader, node: Node, path: str) -> Deploy:
    known = reader.checked(node, path, ATTRIBUTES)
    mode = reader.choice(known.get("mode"), f"{path}.mode", ("replicated", "global")) or "replicated"
    replicas = reader.integer(known.get("replicas"), f"{path}.replicas", 0, MAX_REPLICAS)
    if mode == "global" and replicas is not None:
        message = "“replicas” does not go with the mode global, which runs one on each host."
        reader.refuse(f"{path}.replicas", known.get("replicas"), message, "Remove one of them.")
    endpoint = reader.choice(known.get("endpoint_mode"), f"{path}.endpoint_mode", ("vip", "dnsrr")) or ""
    labels = reader.labels(known.get("labels"), f"{path}.labels")
    for name in ("endpoint_mode", "labels"):
        if name in known.entries:
            reader.note(f"{path}.{name}", known.entries[name], CLUSTER_ONLY)
    return replace(
        _resources(reader, known.get("resources"), f"{path}.resources", _restart(reader, known, path)),
        replicas=1 if replicas is None else replicas,
        mode=mode,
        placement=_placement(reader, known.get("placement"), f"{path}.placement"),
        update=_update(reader, known.get("update_config"), f"{path}.update_config", back=False),
        rollback=_update(reader, known.get("rollback_config"), f"{path}.rollback_config", back=True),
        endpoint_mode=endpoint,
        labels=labels,
    )


def _restart(reader: Reader, deploy: Map, path: str) -> Deploy:
    """What restart_policy says."""
    node, path = deploy.get("restart_policy"), f"{path}.restart_policy"
    if node is None:
        return Deploy()
    known = reader.checked(node, path, ("condition", "max_attempts", "delay", "window"))
    condition = reader.choice(known.get("condition"), f"{path}.condition", ("any", "on-failure", "none")) or "any"
    attempts = reader.integer(known.get("max_attempts"), f"{path}.max_attempts")
    if attempts is not None and condition != "on-failure":
        message = f"“max_attempts” does not go with the condition {condition}."
        reader.refuse(f"{path}.max_attempts", known.get("max_attempts"), message, "Use the condition on-failure.")
    for name in ("delay", "window"):
        if name in known.entries:
            reader.note(f"{path}.{name}", known.entries[name], f"{CLUSTER_ONLY} It has its own, growing delay.")
    return Deploy(
        restart=Restart({"any": "always", "none": "no"}.get(condition, condition), attempts or 0),
        restart_delay=reader.duration(known.get("delay"), f"{path}.delay"),
        restart_window=reader.duration(known.get("window"), f"{path}.window"),
    )


def _resources(reader: Reader, node: Node | None, path: str, deploy: Deploy) -> Deploy:
    """`deploy` with what resources says."""
    if node is None:
        return deploy
    both = reader.checked(node, path, ("limits", "reservations"))
    limits = reserved = Map()
    if (one := both.get("limits")) is not None:
        limits = reader.checked(one, f"{path}.limits", ("cpus", "memory", "pids"))
    if (one := both.get("reservations")) is not None:
        names = ("cpus", "memory", "devices", "generic_resources")
        reserved = reader.checked(one, f"{path}.reservations", names)
    where = f"{path}.reservations"
    for name in ("cpus", "generic_resources"):
        if name in reserved.entries:
            reader.note(f"{where}.{name}", reserved.entries[name], CLUSTER_ONLY)
    return replace(
        deploy,
        cpus=reader.number(limits.get("cpus"), f"{path}.limits.cpus"),
        memory=reader.size(limits.get("memory"), f"{path}.limits.memory"),
        pids=reader.integer(limits.get("pids"), f"{path}.limits.pids", -1),
        memory_reservation=reader.size(reserved.get("memory"), f"{where}.memory"),
        reserved_cpus=reader.number(reserved.get("cpus"), f"{where}.cpus"),
        devices=read_device_requests(reader, reserved.get("devices"), f"{where}.devices"),
        generic=_generic(reader, reserved.get("generic_resources"), f"{where}.generic_resources"),
    )


def _generic(reader: Reader, node: Node | None, path: str) -> tuple[tuple[str, int], ...]:
    if node is None:
        return ()
    if not isinstance(node, Items):
        reader.refuse(path, node, "This must be a list.")
        return ()
    found = []
    for number, item in enumerate(node.items):
        where = f"{path}[{number}]"
        spec = reader.checked(item, where, ("discrete_resource_spec",)).get("discrete_resource_spec")
        if spec is None:
            continue
        known = reader.checked(spec, f"{where}.discrete_resource_spec", ("kind", "value"))
        kind = reader.text(known.get("kind"), f"{where}.kind")
        value = reader.integer(known.get("value"), f"{where}.value")
        if kind and value is not None:
            found.append((kind, value))
    return tuple(found)


def _placement(reader: Reader, node: Node | None, path: str) -> Placement:
    if node is None:
        return Placement()
    known = reader.checked(node, path, ("constraints", "preferences", "max_replicas_per_node"))
    constraints = reader.texts(known.get("constraints"), f"{path}.constraints")
    for text in constraints:
        if not _CONSTRAINT.match(text):
            remedy = "Write it like node.labels.zone == north or node.platform.os == linux."
            reader.refuse(f"{path}.constraints", known.get("constraints"), f"“{text}” is not a constraint.", remedy)
    spread: list[str] = []
    preferences = known.get("preferences")
    if preferences is not None and not isinstance(preferences, Items):
        reader.refuse(f"{path}.preferences", preferences, "This must be a list.")
    for number, item in enumerate(preferences.items if isinstance(preferences, Items) else ()):
        where = f"{path}.preferences[{number}]"
        over = reader.text(reader.checked(item, where, ("spread",)).get("spread"), f"{where}.spread")
        spread += [over] if over else []
    most = reader.integer(known.get("max_replicas_per_node"), f"{path}.max_replicas_per_node", 0, MAX_REPLICAS)
    return Placement(constraints, tuple(spread), most or 0)


def _update(reader: Reader, node: Node | None, path: str, *, back: bool) -> Update | None:
    if node is None:
        return None
    names = ("parallelism", "delay", "failure_action", "monitor", "max_failure_ratio", "order")
    known = reader.checked(node, path, names)
    usual = Update(failure_action="pause" if back else Update.failure_action)
    actions = ("continue", "pause") if back else ("continue", "pause", "rollback")
    parallelism = reader.integer(known.get("parallelism"), f"{path}.parallelism", 0, MAX_REPLICAS)
    return Update(
        usual.parallelism if parallelism is None else parallelism,
        reader.duration(known.get("delay"), f"{path}.delay") or 0.0,
        reader.choice(known.get("failure_action"), f"{path}.failure_action", actions) or usual.failure_action,
        reader.duration(known.get("monitor"), f"{path}.monitor"),
        reader.number(known.get("max_failure_ratio"), f"{path}.max_failure_ratio", 0.0, 1.0) or 0.0,
        reader.choice(known.get("order"), f"{path}.order", ORDERS) or usual.order,
    )
