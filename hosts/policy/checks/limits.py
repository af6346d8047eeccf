"""Resources, and settings that reach the kernel or the engine: sysctls, ulimits, runtimes, cgroups, logs."""

from collections.abc import Mapping
from typing import Any

from ..documents import Struct, given
from ..options import allows
from ..types import Findings, Scope, Unclear


def sysctls(scope: Scope, value: Any, where: str) -> Findings:
    for name in _map(value, where):
        yield from scope.forbid(
            "sysctl",
            f"{where} sets {name[:60]}",
            lambda o, name=name: allows(o.sysctls, name),  # type: ignore[misc]
        )


def annotations(scope: Scope, value: Any, where: str) -> Findings:
    """Runtimes act on annotations. [opencontainers/runc: org.systemd.property.]"""
    for name in _map(value, where):
        yield from scope.forbid(
            "annotation",
            f"{where} sets {name[:60]}",
            lambda o, name=name: allows(o.annotations, name),  # type: ignore[misc]
        )


def _map(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Unclear("json-shape", f"{where} is not an object.")
    return value


def ulimits(scope: Scope, value: Any, where: str) -> Findings:
    if not isinstance(value, list):
        raise Unclear("json-shape", f"{where} is not a list.")
    for item in value:
        name = Struct(item, where).text("Name")
        yield from scope.forbid(
            "ulimit",
            f"{where} sets {name[:40]}",
            lambda o, name=name: allows(o.ulimits, name),  # type: ignore[misc]
        )


def runtime(scope: Scope, value: Any, where: str) -> Findings:
    if given(value):
        text = _text(value, where)
        yield from scope.forbid("runtime", f"{where} chooses {text[:60]}", lambda o: allows(o.runtimes, text))


def cgroup_parent(scope: Scope, value: Any, where: str) -> Findings:
    if given(value):
        text = _text(value, where)
        yield from scope.forbid("cgroup-parent", f"{where} is {text[:60]}", lambda o: allows(o.cgroup_parents, text))


def cgroup(scope: Scope, value: Any, where: str) -> Findings:
    if given(value):
        yield from scope.forbid_always("cgroup-parent", f"{where} joins another cgroup")


def oom(scope: Scope, value: Any, where: str) -> Findings:
    if given(value):
        yield from scope.forbid("oom-score", f"{where} changes whom the kernel kills first", lambda o: o.oom_score)


def realtime(scope: Scope, value: Any, where: str) -> Findings:
    if given(value):
        yield from scope.forbid("realtime", f"{where} asks for real-time scheduling", lambda o: o.privileged)


def block_devices(scope: Scope, value: Any, where: str) -> Findings:
    if given(value):
        yield from scope.forbid("device", f"{where} names devices of the host", lambda o: allows(o.devices, "*"))


def log_config(scope: Scope, value: Any, where: str) -> Findings:
    """`{Type, Config}` of a container, `{Name, Options}` of a task. Other drivers make the engine call out."""
    fields = Struct(value, where)
    name = fields.text("Type") or fields.text("Name")
    if name:
        yield from scope.forbid("log-driver", f"{where} logs by {name[:40]}", lambda o: allows(o.log_drivers, name))
    elif any(given(item) for _folded, _name, item in fields.items()):
        yield from scope.forbid_always("log-driver", f"{where} gives options without a driver")


def maxima(scope: Scope, value: Any, where: str) -> Findings:
    """Memory, processors and processes of a HostConfig against the limits."""
    fields = Struct(value, where)
    memory, pids = _number(fields, "Memory"), _number(fields, "PidsLimit")
    period = _number(fields, "CpuPeriod") or 100_000
    cpus = _number(fields, "NanoCpus") / 1e9 or max(0.0, _number(fields, "CpuQuota")) / period
    yield from amounts(scope, memory=memory, cpus=cpus, pids=pids, where=where)


def amounts(scope: Scope, *, memory: float, cpus: float, pids: float, where: str) -> Findings:
    """0 and less mean without a limit, which a limited policy does not allow."""
    for rule, amount, what in (
        ("maximum_memory", memory, "memory"),
        ("maximum_cpus", cpus, "processors"),
        ("maximum_pids", pids, "processes"),
    ):
        yield from scope.forbid(
            rule.replace("_", "-"),
            f"{where} {'has no limit of' if amount <= 0 else 'asks for too much'} {what}",
            lambda o, rule=rule, amount=amount: not getattr(o, rule) or 0 < amount <= getattr(o, rule),  # type: ignore[misc]
        )


def _number(fields: Struct, name: str) -> float:
    value = fields.get(name) or 0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unclear("json-shape", f"{fields.where}.{name} is not a number.")
    return float(value)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise Unclear("json-shape", f"{where} is not a text.")
    return value
