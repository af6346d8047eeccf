"""Options that Windows containers do not have, and those that its engine takes and ignores.

[moby daemon/internal/runconfig/hostconfig_windows.go, daemon/oci_windows.go]
"""

from collections.abc import Iterator, Mapping
from typing import Any

from hosts.windows.types import HYPERV, Finding, WindowsHost

CODE = "windows-option"
Body = Mapping[str, Any]

# Engine API name, the word in a compose file, what remains to do. Taken and never used.
IGNORED = (
    ("CapAdd", "cap_add", "Windows has no capabilities; the account in “user” decides what a process may do"),
    ("CapDrop", "cap_drop", "Windows has no capabilities; the account in “user” decides what a process may do"),
    ("Sysctls", "sysctls", "there are no kernel parameters to set"),
    ("ShmSize", "shm_size", "there is no shared memory"),
    ("PidMode", "pid", "processes of one container are never seen by another"),
    ("IpcMode", "ipc", "there is no memory shared between containers"),
    ("UTSMode", "uts", "each container has its own host name"),
    ("Links", "links", "containers of one network find each other by service name"),
    ("Tmpfs", "tmpfs", "nothing is mounted there"),
    ("CpuQuota", "cpu_quota", "use “cpus”"),
)
_CREDENTIAL = ("file://", "registry://", "raw://")
_BAD_CREDENTIAL = (
    "invalid credential spec security option - value must be prefixed by 'file://', 'registry://', or 'raw://' "
    "followed by a non-empty value"
)


def findings(body: Body, host_config: Body, host: WindowsHost) -> Iterator[Finding]:
    """Options of the container itself."""
    yield from _refused(host_config)
    yield from _isolation(host_config, host)
    yield from _security(host_config)
    yield from _devices(host_config, host)
    for name, word, instead in IGNORED:
        if host_config.get(name):
            yield Finding(CODE, f"“{word}” has no effect for Windows containers: {instead}.", refused=False)
    yield from _healthcheck(body)


def _refused(host_config: Body) -> Iterator[Finding]:
    if host_config.get("Privileged"):
        yield Finding(
            CODE,
            "Windows containers cannot be privileged. Take “privileged” out.",
            engine="invalid option: privileged mode is not supported for Windows containers",
        )
    if host_config.get("ReadonlyRootfs"):
        yield Finding(
            CODE,
            "A Windows container's own files cannot be made read-only. Take “read_only” out; mounts can be read-only.",
            engine="invalid option: read-only mode is not supported for Windows containers",
        )
    for name, word, words in (
        ("CpuRealtimePeriod", "cpu_rt_period", "CPU real-time period"),
        ("CpuRealtimeRuntime", "cpu_rt_runtime", "CPU real-time runtime"),
    ):
        if host_config.get(name):
            yield Finding(
                CODE,
                f"Windows has no real-time CPU time. Take “{word}” out.",
                engine=f"invalid option: {words} is not supported for Windows containers",
            )


def _isolation(host_config: Body, host: WindowsHost) -> Iterator[Finding]:
    asked = str(host_config.get("Isolation") or "")
    if asked.lower() not in {"", "default", "process", "hyperv"}:
        yield Finding(
            "windows-isolation",
            f"There is no isolation “{asked}”. Use process or hyperv, or leave it out.",
            engine=f"invalid isolation ({asked}): Windows supports 'default', 'process', or 'hyperv'",
        )
    elif asked == HYPERV and host.mode("") != HYPERV:
        yield Finding(
            "windows-isolation",
            f"Hyper-V isolation works on {host.name} only if the Hyper-V role is installed there; a virtual machine "
            "needs nested virtualisation, 2 CPUs and 4 GiB for it.",
            refused=False,
        )


def _security(host_config: Body) -> Iterator[Finding]:
    for option in host_config.get("SecurityOpt") or ():
        name, equals, value = str(option).partition("=")
        if not equals:
            engine = f"invalid security option: no equals sign in supplied value {option}"
        elif name.lower() != "credentialspec":
            engine = f"security option not supported: {name}"
        elif not any(value.startswith(prefix) and value != prefix for prefix in _CREDENTIAL):
            engine = _BAD_CREDENTIAL
        else:
            continue
        yield Finding(
            CODE,
            f"The security option “{option}” does not exist on Windows. The only one is credentialspec=file://, "
            "registry:// or raw:// with a value.",
            engine=engine,
        )


def _devices(host_config: Body, host: WindowsHost) -> Iterator[Finding]:
    devices = host_config.get("Devices") or ()
    if devices and host.mode(str(host_config.get("Isolation") or "")) == HYPERV:
        yield Finding(
            CODE,
            "With Hyper-V isolation a container gets no devices. Use process isolation or take “devices” out.",
            engine="device assignment is not supported for HyperV containers",
        )
        return
    for device in devices:
        path = str(device.get("PathOnHost", ""))
        kind, separator, _ = path.replace("class/", "class://", 1).partition("://")
        if not separator or not kind:
            wrong = "must be 'class/ID' or 'IDType://ID'" if not separator else "IDType cannot be empty"
            yield Finding(
                CODE,
                f"“{path}” is no Windows device. Name an interface class, like "
                "class/5B45201D-F2F2-4F3B-85BB-30FF1F953599.",
                engine=f"invalid device assignment path: '{path}', {wrong}",
            )


def _healthcheck(body: Body) -> Iterator[Finding]:
    test = (body.get("Healthcheck") or {}).get("Test") or ()
    words = " ".join(map(str, test[1:2]))
    if words.startswith(("/bin/", "/usr/", "/sbin/")):
        yield Finding(
            CODE,
            f"The healthcheck runs “{words.split()[0]}”, which Windows images do not have: the shell there is cmd.",
            refused=False,
        )
