"""Restart, healthcheck, resources and deploy: how a container is kept, watched and bounded."""

from dataclasses import dataclass

from . import refused
from .nodes import Items, Map, Node, Scalar
from .reader import Reader
from .types import Healthcheck, Resources, Restart, Ulimit

MAX_REPLICAS = 1000


@dataclass(frozen=True)
class Deploy:
    """What `deploy`, `scale` and their kin say. restart: None when `deploy` says nothing of it."""

    replicas: int = 1
    restart: Restart | None = None
    cpus: float | None = None
    memory: int | None = None
    memory_reservation: int | None = None
    pids: int | None = None


def read_restart(reader: Reader, node: Node, path: str) -> Restart:
    """no, always, unless-stopped, on-failure or on-failure:3. An unquoted `no` that became false counts as no."""
    text = reader.text(node, path) or "no"
    name, colon, count = text.partition(":")
    name = "no" if name.lower() == "false" else name
    if name not in {"no", "always", "unless-stopped", "on-failure"} or (colon and name != "on-failure"):
        remedy = "Use no, always, unless-stopped, on-failure or on-failure:3."
        reader.refuse(path, node, f"“{text}” is not a restart policy.", remedy)
        return Restart()
    if not colon:
        return Restart(name)
    retries = reader.integer(Scalar(count, "str", node.line, node.column), path)
    return Restart(name, retries or 0)


def _test(reader: Reader, node: Node | None, path: str) -> tuple[str, ...]:
    if node is None:
        return ()
    if not isinstance(node, Items):
        text = reader.text(node, path)
        return ("CMD-SHELL", text) if text else ()
    words = tuple(text for text in (reader.text(item, path) for item in node.items) if text is not None)
    if words and words[0] not in {"NONE", "CMD", "CMD-SHELL"}:
        reader.refuse(path, node, f"The test starts with “{words[0]}”.", "Start it with CMD, CMD-SHELL or NONE.")
    elif words and words[0] != "NONE" and len(words) < 2:
        reader.refuse(path, node, "The test has no command.", "Write it like [CMD, pg_isready].")
    return words


def read_healthcheck(reader: Reader, node: Node, path: str) -> Healthcheck:
    """[services.healthcheck]"""
    known = reader.checked(
        node,
        path,
        ("test", "interval", "timeout", "retries", "start_period", "disable"),
        refused.HEALTHCHECK,
    )
    if reader.flag(known.get("disable"), f"{path}.disable"):
        return Healthcheck(("NONE",))
    return Healthcheck(
        _test(reader, known.get("test"), f"{path}.test"),
        reader.duration(known.get("interval"), f"{path}.interval"),
        reader.duration(known.get("timeout"), f"{path}.timeout"),
        reader.duration(known.get("start_period"), f"{path}.start_period"),
        reader.integer(known.get("retries"), f"{path}.retries"),
    )


def read_ulimits(reader: Reader, node: Node, path: str) -> tuple[Ulimit, ...]:
    """name: number, or name: {soft, hard}."""
    found: list[Ulimit] = []
    for entry in reader.entries(node, path):
        where = f"{path}.{entry.key}"
        if isinstance(entry.value, Map):
            known = reader.checked(entry.value, where, ("soft", "hard"))
            soft = reader.integer(known.get("soft"), f"{where}.soft", -1)
            hard = reader.integer(known.get("hard"), f"{where}.hard", -1)
            if known.get("soft") is None or known.get("hard") is None:
                reader.refuse(where, entry, "Both “soft” and “hard” are needed.")
        else:
            soft = hard = reader.integer(entry.value, where, -1)
        if soft is not None and hard is not None:
            found.append(Ulimit(entry.key, soft, hard))
    return tuple(found)


def _restart_policy(reader: Reader, node: Node | None, path: str) -> Restart | None:
    if node is None:
        return None
    known = reader.checked(node, path, ("condition", "max_attempts"), refused.RESTART_POLICY)
    condition = reader.choice(known.get("condition"), f"{path}.condition", ("any", "on-failure", "none")) or "any"
    attempts = reader.integer(known.get("max_attempts"), f"{path}.max_attempts")
    if attempts is not None and condition != "on-failure":
        message = f"“max_attempts” does not go with the condition {condition}."
        reader.refuse(f"{path}.max_attempts", known.get("max_attempts"), message, "Use the condition on-failure.")
    return Restart({"any": "always", "none": "no"}.get(condition, condition), attempts or 0)


def _deploy_map(reader: Reader, node: Node, path: str) -> Deploy:
    known = reader.checked(node, path, ("mode", "replicas", "resources", "restart_policy"), refused.DEPLOY)
    mode = reader.text(known.get("mode"), f"{path}.mode")
    if mode not in {None, "replicated"}:
        message = f"“{mode}” is not applied as a mode of deployment."
        reader.refuse(f"{path}.mode", known.get("mode"), message, "Use replicated, and choose the hosts as targets.")
    replicas = reader.integer(known.get("replicas"), f"{path}.replicas", 0, MAX_REPLICAS)
    resources = known.get("resources")
    limits = reservations = Map()
    if resources is not None:
        both = reader.checked(resources, f"{path}.resources", ("limits", "reservations"))
        if (node_limits := both.get("limits")) is not None:
            limits = reader.checked(node_limits, f"{path}.resources.limits", ("cpus", "memory", "pids"))
        if (node_reserved := both.get("reservations")) is not None:
            where = f"{path}.resources.reservations"
            reservations = reader.checked(node_reserved, where, ("memory",), refused.RESERVATIONS)
    where = f"{path}.resources.limits"
    return Deploy(
        1 if replicas is None else replicas,
        _restart_policy(reader, known.get("restart_policy"), f"{path}.restart_policy"),
        reader.number(limits.get("cpus"), f"{where}.cpus"),
        reader.size(limits.get("memory"), f"{where}.memory"),
        reader.size(reservations.get("memory"), f"{path}.resources.reservations.memory"),
        reader.integer(limits.get("pids"), f"{where}.pids", -1),
    )


def read_deploy(reader: Reader, service: Map, path: str) -> Deploy:
    """`deploy` and `scale` of a service; saying both differently is refused."""
    node = service.get("deploy")
    deploy = _deploy_map(reader, node, f"{path}.deploy") if node is not None else Deploy()
    scale_node = service.get("scale")
    scale = reader.integer(scale_node, f"{path}.scale", 0, MAX_REPLICAS)
    if scale is None:
        return deploy
    if isinstance(node, Map) and "replicas" in node.entries and scale != deploy.replicas:
        message = "“scale” and “deploy.replicas” say different numbers."
        reader.refuse(f"{path}.scale", scale_node, message, "Remove “scale”.")
    return Deploy(scale, deploy.restart, deploy.cpus, deploy.memory, deploy.memory_reservation, deploy.pids)


def read_resources(reader: Reader, service: Map, path: str, deploy: Deploy) -> Resources:
    """Limits from the service's own attributes and from `deploy`; saying both differently is refused."""

    def both(name: str, own: float | None, other: float | None) -> float | None:
        if own is not None and other is not None and own != other:
            message = f"“{name}” and “deploy.resources” say different limits."
            reader.refuse(f"{path}.{name}", service.get(name), message, "Remove one of them.")
        return own if own is not None else other

    def whole(value: float | None) -> int | None:
        return None if value is None else int(value)

    memory = reader.size(service.get("mem_limit"), f"{path}.mem_limit")
    reserved = reader.size(service.get("mem_reservation"), f"{path}.mem_reservation")
    pids = reader.integer(service.get("pids_limit"), f"{path}.pids_limit", -1)
    return Resources(
        both("cpus", reader.number(service.get("cpus"), f"{path}.cpus"), deploy.cpus),
        whole(both("mem_limit", memory, deploy.memory)),
        whole(both("mem_reservation", reserved, deploy.memory_reservation)),
        reader.size(service.get("memswap_limit"), f"{path}.memswap_limit", unlimited=True),
        whole(both("pids_limit", pids, deploy.pids)),
        reader.integer(service.get("cpu_shares"), f"{path}.cpu_shares", 0, 262_144),
        reader.text(service.get("cpuset"), f"{path}.cpuset") or "",
    )
