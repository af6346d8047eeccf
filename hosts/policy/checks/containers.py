"""Creating, changing and entering containers."""

from typing import Any

from ..documents import Check, Struct, free, free_fields, given, table, texts, walk
from ..types import Findings, Request, Scope, Unclear
from . import isolation, limits, mounts, namespaces
from .images import image
from .labels import labels
from .owners import named

RESOURCE_CHECKS: dict[str, Check] = {
    **free_fields(
        "CpuShares Memory BlkioWeight CpuPeriod CpuQuota CpusetCpus CpusetMems KernelMemory "
        "KernelMemoryTCP MemoryReservation MemorySwap MemorySwappiness NanoCpus Init PidsLimit "
        "CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth RestartPolicy"
    ),
    "BlkioWeightDevice": limits.block_devices,
    "BlkioDeviceReadBps": limits.block_devices,
    "BlkioDeviceWriteBps": limits.block_devices,
    "BlkioDeviceReadIOps": limits.block_devices,
    "BlkioDeviceWriteIOps": limits.block_devices,
    "CgroupParent": limits.cgroup_parent,
    "CpuRealtimePeriod": limits.realtime,
    "CpuRealtimeRuntime": limits.realtime,
    "Devices": isolation.devices,
    "DeviceCgroupRules": isolation.device_rules,
    "DeviceRequests": isolation.device_requests,
    "OomKillDisable": limits.oom,
    "Ulimits": limits.ulimits,
}


def volumes_from(scope: Scope, value: Any, where: str) -> Findings:
    for text in texts(value, where):
        yield from namespaces.joined(scope, text.partition(":")[0], where)


def links(scope: Scope, value: Any, where: str) -> Findings:
    for text in texts(value, where):
        yield from named(scope, "container", text.partition(":")[0].lstrip("/"))


HOST_CONFIG = table(
    {
        **RESOURCE_CHECKS,
        **free_fields(
            "ContainerIDFile PortBindings AutoRemove CapDrop Dns DnsOptions DnsSearch ExtraHosts "
            "GroupAdd PublishAllPorts ReadonlyRootfs StorageOpt Tmpfs ShmSize ConsoleSize Isolation"
        ),
        "Annotations": limits.annotations,
        "Binds": mounts.binds,
        "CapAdd": isolation.capabilities,
        "Cgroup": limits.cgroup,
        "CgroupnsMode": namespaces.cgroupns_mode,
        "IpcMode": namespaces.ipc_mode,
        "Links": links,
        "LogConfig": limits.log_config,
        "MaskedPaths": isolation.system_paths,
        "Mounts": mounts.mounts,
        "NetworkMode": namespaces.network_mode,
        "OomScoreAdj": limits.oom,
        "PidMode": namespaces.pid_mode,
        "Privileged": isolation.privileged,
        "ReadonlyPaths": isolation.system_paths,
        "Runtime": limits.runtime,
        "SecurityOpt": isolation.security_options,
        "Sysctls": limits.sysctls,
        "UTSMode": namespaces.uts_mode,
        "UsernsMode": namespaces.userns_mode,
        "VolumeDriver": mounts.volume_driver,
        "VolumesFrom": volumes_from,
    }
)


def host_config(scope: Scope, value: Any, where: str) -> Findings:
    yield from walk(scope, value, HOST_CONFIG, where)


def networking(scope: Scope, value: Any, where: str) -> Findings:
    fields = Struct(value, where)
    for folded, name, item in fields.items():
        if folded != "endpointsconfig":
            if given(item):
                yield from scope.forbid_always("unknown-field", f"{where}.{name[:60]} is not known")
            continue
        if item is not None and not isinstance(item, dict):
            raise Unclear("json-shape", f"{where}.{name} is not an object.")
        for network, endpoint in (item or {}).items():
            if network not in isolation.HARMLESS_MODES["network"]:
                yield from namespaces.network(scope, network, where)
            yield from endpoint_settings(scope, endpoint, f"{where}.{name}")


def endpoint_settings(scope: Scope, value: Any, where: str) -> Findings:
    yield from walk(scope, value, ENDPOINT, where)


ENDPOINT = table(
    {
        **free_fields(
            "IPAMConfig Aliases NetworkID EndpointID Gateway IPAddress IPPrefixLen IPv6Gateway "
            "GlobalIPv6Address GlobalIPv6PrefixLen MacAddress DriverOpts GwPriority DNSNames"
        ),
        "Links": links,
    }
)
CONFIG_FIELDS: dict[str, Check] = {
    **free_fields(
        "Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty "
        "OpenStdin StdinOnce Env Cmd Healthcheck ArgsEscaped Volumes WorkingDir Entrypoint "
        "NetworkDisabled MacAddress OnBuild StopSignal StopTimeout Shell"
    ),
    "Image": image,
    "Labels": labels,
}
CONFIG = table(CONFIG_FIELDS)
CREATE = table({**CONFIG_FIELDS, "HostConfig": host_config, "NetworkingConfig": networking})
UPDATE = table(RESOURCE_CHECKS)
EXEC = table(
    {
        **free_fields("AttachStdin AttachStdout AttachStderr ConsoleSize DetachKeys Tty Env Cmd User WorkingDir"),
        "Privileged": isolation.privileged,
        "Container": free,
        "Detach": free,
    }
)


def create_body(scope: Scope, body: Any) -> Findings:
    """The body of POST /containers/create."""
    yield from walk(scope, body, CREATE, "container")
    yield from limits.maxima(scope, Struct(body, "container").get("HostConfig"), "HostConfig")


def create(scope: Scope, request: Request, name: str) -> Findings:
    yield from create_body(scope, request.body)


def update(scope: Scope, request: Request, name: str) -> Findings:
    """A limit that is not named stays as it was; one that is named keeps to the policy."""
    yield from walk(scope, request.body, UPDATE, "update")
    fields = Struct(request.body, "update")
    for field, rule in (("Memory", "maximum_memory"), ("PidsLimit", "maximum_pids")):
        amount = fields.get(field)
        if isinstance(amount, (int, float)) and amount != 0:
            yield from scope.forbid(
                rule.replace("_", "-"),
                f"update.{field} is beyond the limit",
                lambda o, rule=rule, amount=amount: not getattr(o, rule) or 0 < amount <= getattr(o, rule),  # type: ignore[misc]
            )
    nano = fields.get("NanoCpus")
    if (isinstance(nano, (int, float)) and nano) or given(fields.get("CpuQuota")):
        cpus = float(nano or 0) / 1e9
        yield from scope.forbid(
            "maximum-cpus", "update asks for processors", lambda o: not o.maximum_cpus or 0 < cpus <= o.maximum_cpus
        )


def start(scope: Scope, request: Request, name: str) -> Findings:
    """A body at start was a host configuration once; nobody sends one today."""
    if given(request.body):
        yield from scope.forbid_always("start-with-body", "A start takes no configuration")


def exec_create(scope: Scope, request: Request, name: str) -> Findings:
    yield from scope.forbid("exec", "Commands inside containers", lambda o: o.exec)
    yield from walk(scope, request.body, EXEC, "exec")


def commit(scope: Scope, request: Request, name: str) -> Findings:
    yield from walk(scope, request.body, CONFIG, "commit")
