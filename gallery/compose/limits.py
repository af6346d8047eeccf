"""Restart, healthcheck and resources: how a container is kept, watched and bounded."""

import re

from .deploy import Deploy
from .nodes import Items, Map, Node, standing_at
from .reader import LARGEST, Reader
from .types import Healthcheck, Resources, Restart, Ulimit


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
    retries = reader.integer(standing_at(node, count), path)
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
        ("test", "interval", "timeout", "retries", "start_period", "start_interval", "disable"),
    )
    if reader.flag(known.get("disable"), f"{path}.disable"):
        return Healthcheck(("NONE",))
    if (often := known.get("start_interval")) is not None:
        reader.note(f"{path}.start_interval", often, "Docker Engine 25 or newer is needed; an older one uses interval.")
    return Healthcheck(
        _test(reader, known.get("test"), f"{path}.test"),
        reader.duration(known.get("interval"), f"{path}.interval"),
        reader.duration(known.get("timeout"), f"{path}.timeout"),
        reader.duration(known.get("start_period"), f"{path}.start_period"),
        reader.integer(known.get("retries"), f"{path}.retries"),
        reader.duration(known.get("start_interval"), f"{path}.start_interval"),
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

    def number(name: str, low: int = 0, high: int = LARGEST) -> int | None:
        return reader.integer(service.get(name), f"{path}.{name}", low, high)

    return Resources(
        cpus=both("cpus", reader.number(service.get("cpus"), f"{path}.cpus"), deploy.cpus),
        memory=whole(both("mem_limit", memory, deploy.memory)),
        memory_reservation=whole(both("mem_reservation", reserved, deploy.memory_reservation)),
        memory_swap=reader.size(service.get("memswap_limit"), f"{path}.memswap_limit", unlimited=True),
        pids=whole(both("pids_limit", pids, deploy.pids)),
        cpu_shares=number("cpu_shares", 0, 262_144),
        cpuset=reader.text(service.get("cpuset"), f"{path}.cpuset") or "",
        cpu_period=_microseconds(reader, service, path, "cpu_period"),
        cpu_quota=_microseconds(reader, service, path, "cpu_quota"),
        cpu_rt_period=_microseconds(reader, service, path, "cpu_rt_period"),
        cpu_rt_runtime=_microseconds(reader, service, path, "cpu_rt_runtime"),
        cpu_count=number("cpu_count"),
        cpu_percent=number("cpu_percent", 0, 100),
        swappiness=number("mem_swappiness", 0, 100),
        oom_kill_disable=reader.flag(service.get("oom_kill_disable"), f"{path}.oom_kill_disable") or False,
        reserved_cpus=deploy.reserved_cpus,
        generic=deploy.generic,
    )


def _microseconds(reader: Reader, service: Map, path: str, name: str) -> int | None:
    """A number of microseconds, or a length of time."""
    node = service.get(name)
    text = reader.text(node, f"{path}.{name}")
    if text is None or re.fullmatch(r"-?[0-9]+", text):
        return reader.integer(node, f"{path}.{name}", -1)
    seconds = reader.duration(node, f"{path}.{name}")
    return None if seconds is None else round(seconds * 1_000_000)
