"""Limits. [moby daemon/daemon_windows.go, verifyPlatformContainerResources]"""

from collections.abc import Iterator, Mapping
from typing import Any

from hosts.windows.types import PROCESS, Finding, WindowsHost

CODE = "windows-limit"
MAX_SHARES, MAX_PERCENT = 10_000, 100
NANO = 1_000_000_000

# Engine API name, the engine's word, the word in a compose file. Refused when given at all.
REFUSED = (
    ("BlkioDeviceReadBps", "BlkioDeviceReadBps", "blkio_config.device_read_bps"),
    ("BlkioDeviceReadIOps", "BlkioDeviceReadIOps", "blkio_config.device_read_iops"),
    ("BlkioDeviceWriteBps", "BlkioDeviceWriteBps", "blkio_config.device_write_bps"),
    ("BlkioDeviceWriteIOps", "BlkioDeviceWriteIOps", "blkio_config.device_write_iops"),
    ("BlkioWeight", "BlkioWeight", "blkio_config.weight"),
    ("BlkioWeightDevice", "BlkioWeightDevice", "blkio_config.weight_device"),
    ("CgroupParent", "CgroupParent", "cgroup_parent"),
    ("CpuPeriod", "CPUPeriod", "cpu_period"),
    ("CpusetCpus", "CpusetCpus", "cpuset"),
    ("CpusetMems", "CpusetMems", "cpuset_mems"),
    ("MemoryReservation", "MemoryReservation", "mem_reservation (deploy.resources.reservations.memory)"),
    ("MemorySwap", "MemorySwap", "memswap_limit"),
    ("OomKillDisable", "OomKillDisable", "oom_kill_disable"),
    ("PidsLimit", "PidsLimit", "pids_limit (deploy.resources.limits.pids)"),
    ("Ulimits", "Ulimits", "ulimits"),
)


def findings(host_config: Mapping[str, Any], host: WindowsHost) -> Iterator[Finding]:
    """Limits that Windows does not have, out of range, or against each other."""
    for name, engine, word in REFUSED:
        if host_config.get(name):
            yield _refused(f"Windows has no limit “{word}”. Take it out.", _unsupported(engine))
    if host_config.get("MemorySwappiness") is not None:
        yield _refused("Windows has no limit “mem_swappiness”. Take it out.", _unsupported("MemorySwappiness"))
    yield from _ranges(host_config, host)
    yield from _against_each_other(host_config, host)


def _refused(detail: str, engine: str) -> Finding:
    return Finding(CODE, detail, engine=engine)


def _unsupported(name: str) -> str:
    return f"invalid option: Windows does not support {name}"


def _number(host_config: Mapping[str, Any], name: str) -> int:
    return int(host_config.get(name) or 0)


def _ranges(host_config: Mapping[str, Any], host: WindowsHost) -> Iterator[Finding]:
    shares, percent = _number(host_config, "CpuShares"), _number(host_config, "CpuPercent")
    count, nano = _number(host_config, "CpuCount"), _number(host_config, "NanoCpus")
    if not 0 <= shares <= MAX_SHARES:
        yield _refused(
            f"“cpu_shares” is {shares}; on Windows it goes up to {MAX_SHARES}.",
            f"range of CPUShares is from 1 to {MAX_SHARES}",
        )
    if not 0 <= percent <= MAX_PERCENT:
        yield _refused(
            f"“cpu_percent” is {percent}; it goes up to {MAX_PERCENT}.",
            f"range of CPUPercent is from 1 to {MAX_PERCENT}",
        )
    if count < 0:
        yield _refused("“cpu_count” cannot be negative.", "invalid CPUCount: CPUCount cannot be negative")
    if nano < 0 or (host.cpus and nano > host.cpus * NANO):
        yield _refused(
            f"It may use {nano / NANO:g} CPUs; {host.name} has {host.cpus}.",
            f"range of CPUs is from 0.01 to {host.cpus}.00, as there are only {host.cpus} CPUs available",
        )


def _against_each_other(host_config: Mapping[str, Any], host: WindowsHost) -> Iterator[Finding]:
    shares, percent = _number(host_config, "CpuShares"), _number(host_config, "CpuPercent")
    count, nano = _number(host_config, "CpuCount"), _number(host_config, "NanoCpus")
    if nano > 0 and percent > 0:
        yield _refused(
            "On Windows “cpus” and “cpu_percent” do not go together. Keep one.",
            "conflicting options: Nano CPUs and CPU Percent cannot both be set",
        )
    if nano > 0 and shares > 0:
        yield _refused(
            "On Windows “cpus” and “cpu_shares” do not go together. Keep one.",
            "conflicting options: Nano CPUs and CPU Shares cannot both be set",
        )
    if host.mode(str(host_config.get("Isolation") or "")) != PROCESS:
        return
    # In process isolation one of the three counts: count before shares before percent.
    kept = "CPU count" if count > 0 else "CPU shares"
    dropped = [("cpu_shares", "CPU shares", shares)] if count > 0 else []
    dropped += [("cpu_percent", "CPU percent", percent)] if count > 0 or shares > 0 else []
    for word, name, value in dropped:
        if value > 0:
            yield Finding(
                CODE,
                f"“{word}” is dropped, since only one CPU limit counts in process isolation.",
                refused=False,
                engine=f"Conflicting options: {kept} takes priority over {name} on Windows Server Containers. "
                f"{name} discarded",
            )
