"""From two raw answers of GET /containers/{id}/stats to what a person wants to know. Pure.

The formulas are docker's own [docker/cli cli/command/container/stats_helpers.go].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Point:
    """One moment. cpu: percent of one processor; memory, limit: bytes; the others: bytes a second. None: unknown."""

    cpu: float | None = None
    memory: int = 0
    limit: int = 0
    received: float | None = None
    sent: float | None = None
    read: float | None = None
    written: float | None = None
    processes: int = 0

    def as_list(self) -> list[float | int | None]:
        """As it travels to the browser."""
        rounded = (None if value is None else round(value, 1) for value in (self.received, self.sent))
        disk = (None if value is None else round(value, 1) for value in (self.read, self.written))
        return [
            None if self.cpu is None else round(self.cpu, 2),
            self.memory,
            self.limit,
            *rounded,
            *disk,
            self.processes,
        ]


def point_of(before: Raw | None, now: Raw) -> Point:
    """The figures of `now`; rates need what was `before`."""
    windows = bool(now.get("num_procs")) and not (now.get("cpu_stats") or {}).get("system_cpu_usage")
    seconds = _seconds(before, now) if before else 0.0
    received, sent = _network(now)
    read, written = _disk(now)
    rates: list[float | None] = [None] * 4
    if before and seconds > 0:
        old = (*_network(before), *_disk(before))
        pairs = zip((received, sent, read, written), old, strict=True)
        rates = [max(0, value - last) / seconds for value, last in pairs]
    return Point(
        cpu=_cpu_windows(before, now, seconds) if windows else _cpu(before, now),
        memory=_memory(now),
        limit=int((now.get("memory_stats") or {}).get("limit") or 0),
        received=rates[0],
        sent=rates[1],
        read=rates[2],
        written=rates[3],
        processes=int((now.get("pids_stats") or {}).get("current") or now.get("num_procs") or 0),
    )


def total_of(points: list[Point]) -> Point:
    """All containers of a host together."""

    def added(name: str) -> float | None:
        known = [value for one in points if (value := getattr(one, name)) is not None]
        return sum(known) if known else None

    return Point(
        cpu=added("cpu"),
        memory=sum(one.memory for one in points),
        received=added("received"),
        sent=added("sent"),
        read=added("read"),
        written=added("written"),
        processes=sum(one.processes for one in points),
    )


def _cpu(before: Raw | None, now: Raw) -> float | None:
    stats, last = now.get("cpu_stats") or {}, (before or {}).get("cpu_stats") or {}
    used = _number(stats.get("cpu_usage"), "total_usage") - _number(last.get("cpu_usage"), "total_usage")
    system = _number(stats, "system_cpu_usage") - _number(last, "system_cpu_usage")
    if not last or system <= 0 or used < 0:
        return None
    cpus = _number(stats, "online_cpus") or len((stats.get("cpu_usage") or {}).get("percpu_usage") or []) or 1
    return used / system * cpus * 100


def _cpu_windows(before: Raw | None, now: Raw, seconds: float) -> float | None:
    """Units of 100 ns over the time that passed."""
    if not before or seconds <= 0:
        return None
    used = _number((now.get("cpu_stats") or {}).get("cpu_usage"), "total_usage")
    last = _number((before.get("cpu_stats") or {}).get("cpu_usage"), "total_usage")
    return max(0.0, (used - last) / (seconds * 1e7) * 100)


def _memory(now: Raw) -> int:
    """Without the page cache that the kernel takes back at any time."""
    stats = now.get("memory_stats") or {}
    if "privateworkingset" in stats:
        return int(stats["privateworkingset"])
    used, details = int(stats.get("usage") or 0), stats.get("stats") or {}
    cache = int(details.get("total_inactive_file") or details.get("inactive_file") or 0)
    return used - cache if cache < used else used


def _network(now: Raw) -> tuple[float, float]:
    rows = (now.get("networks") or {}).values()
    return sum(_number(row, "rx_bytes") for row in rows), sum(_number(row, "tx_bytes") for row in rows)


def _disk(now: Raw) -> tuple[float, float]:
    storage = now.get("storage_stats") or {}
    if storage:
        return _number(storage, "read_size_bytes"), _number(storage, "write_size_bytes")
    rows = (now.get("blkio_stats") or {}).get("io_service_bytes_recursive") or []
    sums = {"read": 0.0, "write": 0.0}
    for row in rows:
        kind = str(row.get("op", "")).lower()
        if kind in sums:
            sums[kind] += _number(row, "value")
    return sums["read"], sums["write"]


def _seconds(before: Raw, now: Raw) -> float:
    return _moment(now.get("read")) - _moment(before.get("read"))


def _moment(text: Any) -> float:
    try:
        return datetime.fromisoformat(f"{str(text)[:26].rstrip('Z')}+00:00").timestamp()
    except ValueError:
        return 0.0


def _number(holder: Any, name: str) -> float:
    value = (holder or {}).get(name)
    return float(value) if isinstance(value, (int, float)) else 0.0
