"""HostConfig: what a container may use of its host, and how far it is set apart. Pure. [Engine API, HostConfig]"""

from collections.abc import Sequence

from gallery.compose.parts import BlockIo, Throttle
from gallery.compose.types import Project, Service
from hosts.body_words import Body, put, shared


def resources(body: Body, service: Service) -> None:
    """Limits, devices and ulimits, into `body`."""
    limits = service.resources
    if limits.cpus is not None:
        body["NanoCpus"] = round(limits.cpus * 1_000_000_000)
    for name, value in (
        ("Memory", limits.memory),
        ("MemoryReservation", limits.memory_reservation),
        ("MemorySwap", limits.memory_swap),
        ("MemorySwappiness", limits.swappiness),
        ("PidsLimit", limits.pids),
        ("CpuShares", limits.cpu_shares),
        ("CpuPeriod", limits.cpu_period),
        ("CpuQuota", limits.cpu_quota),
        ("CpuRealtimePeriod", limits.cpu_rt_period),
        ("CpuRealtimeRuntime", limits.cpu_rt_runtime),
        ("CpuCount", limits.cpu_count),
        ("CpuPercent", limits.cpu_percent),
        ("ShmSize", service.shm_size),
        ("OomScoreAdj", service.oom_score_adj),
    ):
        if value is not None:
            body[name] = value
    put(body, "CpusetCpus", limits.cpuset)
    put(body, "OomKillDisable", limits.oom_kill_disable)
    put(body, "Ulimits", [{"Name": one.name, "Soft": one.soft, "Hard": one.hard} for one in service.ulimits])
    devices = [
        {"PathOnHost": one.source, "PathInContainer": one.target, "CgroupPermissions": one.permissions}
        for one in service.devices
    ]
    put(body, "Devices", devices)
    put(body, "DeviceCgroupRules", list(service.device_rules))
    put(body, "DeviceRequests", _requests(service))
    if service.block_io is not None:
        _block_io(body, service.block_io)


def _requests(service: Service) -> list[Body]:
    found = []
    for one in service.devices_wanted:
        request: Body = {"Capabilities": [list(one.capabilities)]}
        put(request, "Driver", one.driver)
        put(request, "Count", one.count)
        put(request, "DeviceIDs", list(one.ids))
        put(request, "Options", dict(one.options))
        found.append(request)
    return found


def _block_io(body: Body, wanted: BlockIo) -> None:
    put(body, "BlkioWeight", wanted.weight)
    put(body, "BlkioWeightDevice", [{"Path": one.path, "Weight": one.rate} for one in wanted.weight_device])
    put(body, "BlkioDeviceReadBps", _rates(wanted.read_bps))
    put(body, "BlkioDeviceWriteBps", _rates(wanted.write_bps))
    put(body, "BlkioDeviceReadIOps", _rates(wanted.read_iops))
    put(body, "BlkioDeviceWriteIOps", _rates(wanted.write_iops))


def _rates(throttles: Sequence[Throttle]) -> list[Body]:
    return [{"Path": one.path, "Rate": one.rate} for one in throttles]


def isolation(body: Body, project: Project, service: Service, number: int) -> None:
    """Privileges and namespaces, into `body`."""
    put(body, "Privileged", service.privileged)
    put(body, "ReadonlyRootfs", service.read_only)
    put(body, "CapAdd", list(service.cap_add))
    put(body, "CapDrop", list(service.cap_drop))
    put(body, "SecurityOpt", list(service.security_opt))
    put(body, "GroupAdd", list(service.group_add))
    put(body, "Sysctls", dict(service.sysctls))
    put(body, "PidMode", shared(project, service.pid, number))
    put(body, "IpcMode", shared(project, service.ipc, number))
    put(body, "UTSMode", service.uts)
    put(body, "UsernsMode", service.userns_mode)
    put(body, "CgroupnsMode", service.cgroup)
    put(body, "CgroupParent", service.cgroup_parent)
    put(body, "Runtime", service.runtime)
    put(body, "Isolation", service.isolation)
    put(body, "StorageOpt", dict(service.storage_opt))
