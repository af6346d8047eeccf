r"""The rules of Windows containers: what a Windows engine refuses, what it ignores, what it takes.

Each row names where it comes from: a section of the reference on Windows hosts, or the engine's own source.
"""

from typing import Any

import pytest

from hosts.windows import Finding, WindowsHost, container_findings, network_findings

REFUSED, WARNED, ALLOWED = "refused", "warned", "allowed"
SERVER = WindowsHost("win-1", "process", cpus=4, memory_bytes=8 * 2**30, os_name="Windows Server 2022 Datacenter")
CLIENT = WindowsHost("desk", "", cpus=4, os_name="Windows 11 Pro")
Row = tuple[str, dict[str, Any], str, str]
NO = "invalid option: Windows does not support "
DEVICE = {"PathOnHost": "class/5B45201D-F2F2-4F3B-85BB-30FF1F953599"}

OPTIONS: list[Row] = [
    # section, HostConfig, outcome, the engine's own words
    ("5.2", {}, ALLOWED, ""),
    (
        "5.2",
        {"Privileged": True},
        REFUSED,
        "invalid option: privileged mode is not supported for Windows containers",
    ),
    ("5.2", {"Privileged": False}, ALLOWED, ""),
    (
        "5.2",
        {"ReadonlyRootfs": True},
        REFUSED,
        "invalid option: read-only mode is not supported for Windows containers",
    ),
    (
        "5.2",
        {"CpuRealtimePeriod": 1000},
        REFUSED,
        "invalid option: CPU real-time period is not supported for Windows containers",
    ),
    (
        "5.2",
        {"CpuRealtimeRuntime": 1000},
        REFUSED,
        "invalid option: CPU real-time runtime is not supported for Windows containers",
    ),
    ("5.2", {"BlkioDeviceReadBps": [{"Path": "C:", "Rate": 1}]}, REFUSED, NO + "BlkioDeviceReadBps"),
    ("5.2", {"BlkioDeviceReadIOps": [{"Path": "C:", "Rate": 1}]}, REFUSED, NO + "BlkioDeviceReadIOps"),
    ("5.2", {"BlkioDeviceWriteBps": [{"Path": "C:", "Rate": 1}]}, REFUSED, NO + "BlkioDeviceWriteBps"),
    ("5.2", {"BlkioDeviceWriteIOps": [{"Path": "C:", "Rate": 1}]}, REFUSED, NO + "BlkioDeviceWriteIOps"),
    ("5.2", {"BlkioWeight": 500}, REFUSED, NO + "BlkioWeight"),
    ("5.2", {"BlkioWeightDevice": [{"Path": "C:", "Weight": 1}]}, REFUSED, NO + "BlkioWeightDevice"),
    ("5.2", {"CgroupParent": "/x"}, REFUSED, NO + "CgroupParent"),
    ("5.2", {"CpuPeriod": 100000}, REFUSED, NO + "CPUPeriod"),
    ("5.2", {"CpusetCpus": "0,1"}, REFUSED, NO + "CpusetCpus"),
    ("5.2", {"CpusetMems": "0"}, REFUSED, NO + "CpusetMems"),
    ("5.2", {"MemoryReservation": 2**28}, REFUSED, NO + "MemoryReservation"),
    ("5.2", {"MemorySwap": -1}, REFUSED, NO + "MemorySwap"),
    ("5.2", {"MemorySwappiness": 0}, REFUSED, NO + "MemorySwappiness"),
    ("5.2", {"OomKillDisable": True}, REFUSED, NO + "OomKillDisable"),
    ("5.2", {"OomKillDisable": False}, ALLOWED, ""),
    ("5.2", {"PidsLimit": 100}, REFUSED, NO + "PidsLimit"),
    ("5.2", {"PidsLimit": -1}, REFUSED, NO + "PidsLimit"),
    ("5.2", {"PidsLimit": 0}, ALLOWED, ""),
    ("5.2", {"Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}]}, REFUSED, NO + "Ulimits"),
    ("5.2", {"CpuShares": 10000}, ALLOWED, ""),
    ("5.2", {"CpuShares": 10001}, REFUSED, "range of CPUShares is from 1 to 10000"),
    ("5.2", {"CpuPercent": 100}, ALLOWED, ""),
    ("5.2", {"CpuPercent": 101}, REFUSED, "range of CPUPercent is from 1 to 100"),
    ("5.2", {"NanoCpus": 4_000_000_000}, ALLOWED, ""),
    (
        "5.2",
        {"NanoCpus": 4_500_000_000},
        REFUSED,
        "range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available",
    ),
    (
        "5.2",
        {"NanoCpus": 1_000_000_000, "CpuShares": 512},
        REFUSED,
        "conflicting options: Nano CPUs and CPU Shares cannot both be set",
    ),
    (
        "5.2",
        {"NanoCpus": 1_000_000_000, "CpuPercent": 20},
        REFUSED,
        "conflicting options: Nano CPUs and CPU Percent cannot both be set",
    ),
    (
        "5.2",
        {"CpuCount": 2, "CpuShares": 512},
        WARNED,
        "Conflicting options: CPU count takes priority over CPU shares on Windows Server Containers. "
        "CPU shares discarded",
    ),
    (
        "5.2",
        {"CpuShares": 512, "CpuPercent": 50},
        WARNED,
        "Conflicting options: CPU shares takes priority over CPU percent on Windows Server Containers. "
        "CPU percent discarded",
    ),
    ("5.2", {"CpuCount": 2, "CpuShares": 512, "Isolation": "hyperv"}, WARNED, ""),
    ("5.5", {"Memory": 2**30}, ALLOWED, ""),
    ("5.5", {"CpuCount": 2}, ALLOWED, ""),
    ("5.5", {"IOMaximumBandwidth": 1000, "StorageOpt": {"size": "50GB"}}, ALLOWED, ""),
    ("5.2", {"Isolation": "process"}, ALLOWED, ""),
    ("5.2", {"Isolation": "default"}, ALLOWED, ""),
    ("5.1", {"Isolation": "hyperv"}, WARNED, ""),
    (
        "5.2",
        {"Isolation": "chroot"},
        REFUSED,
        "invalid isolation (chroot): Windows supports 'default', 'process', or 'hyperv'",
    ),
    ("5.2", {"SecurityOpt": ["credentialspec=file://web.json"]}, ALLOWED, ""),
    ("5.2", {"SecurityOpt": ["credentialspec=registry://web"]}, ALLOWED, ""),
    ("5.2", {"SecurityOpt": ["seccomp=unconfined"]}, REFUSED, "security option not supported: seccomp"),
    (
        "5.2",
        {"SecurityOpt": ["no-new-privileges"]},
        REFUSED,
        "invalid security option: no equals sign in supplied value no-new-privileges",
    ),
    (
        "5.2",
        {"SecurityOpt": ["credentialspec=web.json"]},
        REFUSED,
        "invalid credential spec security option - value must be prefixed by 'file://', 'registry://', or 'raw://' "
        "followed by a non-empty value",
    ),
    ("5.2", {"Devices": [DEVICE]}, ALLOWED, ""),
    ("5.2", {"Devices": [{"PathOnHost": "vpci-class-guid://5B45201D"}]}, ALLOWED, ""),
    (
        "5.2",
        {"Devices": [{"PathOnHost": "/dev/snd"}]},
        REFUSED,
        "invalid device assignment path: '/dev/snd', must be 'class/ID' or 'IDType://ID'",
    ),
    (
        "5.2",
        {"Devices": [DEVICE], "Isolation": "hyperv"},
        REFUSED,
        "device assignment is not supported for HyperV containers",
    ),
    ("5.3", {"CapAdd": ["NET_ADMIN"]}, WARNED, ""),
    ("5.3", {"CapDrop": ["ALL"]}, WARNED, ""),
    ("5.3", {"CpuQuota": 50000}, WARNED, ""),
    ("5.3", {"Tmpfs": {"/run": ""}}, WARNED, ""),
    ("5.3", {"Sysctls": {"net.core.somaxconn": "1024"}}, WARNED, ""),
    ("5.3", {"ShmSize": 2**26}, WARNED, ""),
    ("5.3", {"PidMode": "host"}, WARNED, ""),
    ("5.3", {"IpcMode": "host"}, WARNED, ""),
    ("5.3", {"Links": ["db"]}, WARNED, ""),
]

NETWORK_MODES: list[Row] = [
    ("5.3", {"NetworkMode": "host"}, REFUSED, "network host not found"),
    ("5.3", {"NetworkMode": "bridge"}, REFUSED, "network bridge not found"),
    ("5.3", {"NetworkMode": "nat"}, ALLOWED, ""),
    ("5.3", {"NetworkMode": "default"}, ALLOWED, ""),
    ("5.3", {"NetworkMode": "none"}, ALLOWED, ""),
    ("5.3", {"NetworkMode": "shop_default"}, ALLOWED, ""),
    ("5.2", {"NetworkMode": "container:abc"}, ALLOWED, ""),
    (
        "5.2",
        {"NetworkMode": "container:abc", "Isolation": "hyperv"},
        REFUSED,
        "invalid network-mode: using the network stack of another container is not supported while using Hyper-V "
        "Containers",
    ),
]

PORTS: list[Row] = [
    ("moby, nat", {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}}, ALLOWED, ""),
    ("moby, nat", {"PortBindings": {"80/udp": [{"HostIp": "0.0.0.0", "HostPort": ""}]}}, ALLOWED, ""),
    (
        "moby, nat",
        {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}},
        REFUSED,
        "Windows does not support host IP addresses in NAT settings",
    ),
    (
        "moby, nat",
        {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8000-8010"}]}},
        REFUSED,
        "Windows does not support more than one host port in NAT settings",
    ),
    ("moby, nat", {"PortBindings": {"80/sctp": [{"HostPort": "80"}]}}, REFUSED, "invalid protocol sctp"),
]

PIPE = "\\\\.\\pipe\\docker_engine"


def mount(kind: str, target: str, source: str = "", **more: Any) -> dict[str, Any]:
    return {"Mounts": [{"Type": kind, "Target": target, "Source": source, **more}]}


def bad(kind: str, words: str) -> str:
    return f'invalid mount config for type "{kind}": {words}'


def spec(text: str, kind: str = "", words: str = "") -> str:
    return f"invalid volume specification: '{text}'" + (f": {bad(kind, words)}" if kind else "")


def absent(path: str) -> str:
    return f"bind mount source path does not exist: {path}"


def reserved(name: str) -> str:
    return f'volume name "{name}" cannot be a reserved word for Windows filenames'


SOCKET = "/var/run/docker.sock:/var/run/docker.sock"
EXTRA = "field ReadOnly must not be specified"
ROOT = "destination path cannot be `c:` or `c:\\`: "
NO_FOLDER = "source path must be a directory"
ANONYMOUS = "must not set ReadOnly mode when using anonymous volumes"


MOUNTS: list[Row] = [
    ("5.5", {"Binds": ["c:\\host:c:\\data"]}, WARNED, spec("c:\\host:c:\\data", "bind", absent("c:\\host"))),
    ("5.5", {"Binds": ["C:/Host:C:/Data:RO"]}, WARNED, spec("C:/Host:C:/Data:RO", "bind", absent("c:\\host"))),
    ("5.5", {"Binds": ["d:\\:e:\\data:rw"]}, WARNED, spec("d:\\:e:\\data:rw", "bind", absent("d:\\"))),
    ("5.5", {"Binds": ["data:c:\\data"]}, ALLOWED, ""),
    ("5.5", {"Binds": ["nul:c:\\data"]}, REFUSED, spec("nul:c:\\data", "volume", reserved("nul"))),
    ("5.5", {"Binds": [f"{PIPE}:{PIPE}"]}, ALLOWED, ""),
    ("5.2", {"Binds": [f"{PIPE}:{PIPE}:ro"]}, REFUSED, spec(f"{PIPE}:{PIPE}:ro", "npipe", EXTRA)),
    ("5.5", {"Binds": ["/srv/site:/site"]}, REFUSED, spec("/srv/site:/site")),
    ("5.5", {"Binds": ["/var/run/docker.sock:/var/run/docker.sock"]}, REFUSED, spec(SOCKET)),
    ("5.5", {"Binds": ["c:\\a:c:\\b:ro,z"]}, REFUSED, spec("c:\\a:c:\\b:ro,z")),
    ("5.2", {"Binds": ["c:\\a:c:\\"]}, REFUSED, spec("c:\\a:c:\\", "bind", ROOT + "c:\\")),
    ("5.2", {"Binds": ["c:\\web.config:c:\\a"]}, WARNED, spec("c:\\web.config:c:\\a", "bind", NO_FOLDER)),
    ("5.2", mount("bind", "c:\\app", "C:\\conf\\web.config"), WARNED, bad("bind", NO_FOLDER)),
    ("5.2", mount("bind", "c:\\app", "C:\\conf"), WARNED, bad("bind", absent("C:\\conf"))),
    ("5.5", mount("volume", "c:\\data", "data"), ALLOWED, ""),
    ("5.5", mount("volume", "c:\\data", "data", ReadOnly=True), ALLOWED, ""),
    ("5.5", mount("volume", "/data", "data"), REFUSED, bad("volume", "invalid mount path: '/data'")),
    ("5.2", mount("volume", "C:", "data"), REFUSED, bad("volume", ROOT + "c:")),
    ("5.5", mount("volume", "c:\\data", "com1"), REFUSED, bad("volume", reserved("com1"))),
    ("moby, mounts", mount("volume", "c:\\data", ReadOnly=True), REFUSED, bad("volume", ANONYMOUS)),
    ("5.2", mount("tmpfs", "c:\\run"), REFUSED, bad("tmpfs", "mount type unknown")),
    ("5.2", mount("image", "c:\\run", "busybox"), REFUSED, bad("image", "mount type unknown")),
    ("5.2", mount("cluster", "c:\\run", "x"), REFUSED, bad("cluster", "mount type unknown")),
    ("5.2", mount("npipe", PIPE, PIPE), ALLOWED, ""),
    ("5.2", mount("npipe", PIPE, PIPE, ReadOnly=True), REFUSED, bad("npipe", EXTRA)),
    ("5.2", mount("npipe", "c:\\pipe", PIPE), REFUSED, bad("npipe", "'c:\\pipe' is not a valid pipe path")),
    (
        "5.5",
        mount("bind", "c:\\data", "/srv"),
        REFUSED,
        bad("bind", "invalid mount path: '/srv' mount path must be absolute"),
    ),
    (
        "moby, mounts",
        mount("bind", "c:\\data", "c:\\x", BindOptions={"Propagation": "rshared"}),
        REFUSED,
        bad("bind", "invalid propagation mode: rshared"),
    ),
]

NETWORKS: list[Row] = [
    ("5.4", {"Name": "front"}, ALLOWED, ""),
    ("5.4", {"Name": "front", "Driver": "nat"}, ALLOWED, ""),
    ("5.4", {"Name": "front", "Driver": "l2bridge"}, ALLOWED, ""),
    ("5.4", {"Name": "front", "Driver": "internal"}, ALLOWED, ""),
    ("5.4", {"Name": "front", "Driver": "transparent"}, WARNED, ""),
    ("5.4", {"Name": "front", "Driver": "l2tunnel"}, WARNED, ""),
    ("6", {"Name": "front", "Driver": "overlay", "Options": {"encrypted": ""}}, WARNED, ""),
    ("5.4", {"Name": "front", "Options": {"com.docker.network.driver.mtu": "1400"}}, WARNED, ""),
    ("5.4", {"Name": "front", "Options": {"com.docker.network.windowsshim.dnssuffix": "lan"}}, ALLOWED, ""),
    ("5.4", {"Name": "front", "IPAM": {"Config": [{"Subnet": "10.9.0.0/24"}]}}, WARNED, ""),
    (
        "5.4",
        {"Name": "front", "Driver": "bridge"},
        REFUSED,
        "could not find plugin bridge in v1 plugin registry: plugin not found",
    ),
    (
        "5.4",
        {"Name": "front", "Driver": "macvlan"},
        REFUSED,
        "could not find plugin macvlan in v1 plugin registry: plugin not found",
    ),
]


def outcome(found: list[Finding]) -> str:
    if any(finding.refused for finding in found):
        return REFUSED
    return WARNED if found else ALLOWED


def hold(found: list[Finding], expected: str, engine: str) -> None:
    """The outcome, the engine's words, and a text that a person can do something with."""
    assert outcome(found) == expected, [finding.text for finding in found]
    if engine:
        assert engine in {finding.engine for finding in found}
    for finding in found:
        assert finding.detail.endswith(".")
        assert finding.code.startswith("windows-")


def test_the_table_is_as_long_as_promised() -> None:
    assert len(OPTIONS) + len(NETWORK_MODES) + len(PORTS) + len(MOUNTS) + len(NETWORKS) >= 100


@pytest.mark.parametrize(("section", "host_config", "expected", "engine"), OPTIONS)
def test_options_and_limits(section: str, host_config: dict[str, Any], expected: str, engine: str) -> None:
    hold(container_findings({"HostConfig": host_config}, SERVER), expected, engine)


@pytest.mark.parametrize(("section", "host_config", "expected", "engine"), NETWORK_MODES)
def test_network_modes(section: str, host_config: dict[str, Any], expected: str, engine: str) -> None:
    host = CLIENT if host_config.get("Isolation") else SERVER
    hold(container_findings({"HostConfig": host_config}, host), expected, engine)


@pytest.mark.parametrize(("section", "host_config", "expected", "engine"), PORTS)
def test_ports(section: str, host_config: dict[str, Any], expected: str, engine: str) -> None:
    hold(container_findings({"HostConfig": host_config}, SERVER), expected, engine)


@pytest.mark.parametrize(("section", "host_config", "expected", "engine"), MOUNTS)
def test_mounts(section: str, host_config: dict[str, Any], expected: str, engine: str) -> None:
    hold(container_findings({"HostConfig": host_config}, SERVER), expected, engine)


@pytest.mark.parametrize(("section", "body", "expected", "engine"), NETWORKS)
def test_networks(section: str, body: dict[str, Any], expected: str, engine: str) -> None:
    hold(network_findings(body, SERVER), expected, engine)


MODES = [
    # asked for, the engine's default, edition, what the container gets [5.1]
    ("", "process", "Windows Server 2022 Datacenter", "process"),
    ("", "hyperv", "Windows Server 2022 Datacenter", "hyperv"),
    ("", "", "Microsoft Windows Server 2019", "process"),
    ("", "", "Windows 10 Enterprise", "hyperv"),
    ("", "", "Microsoft Windows 11 Pro", "hyperv"),
    ("", "process", "Windows 11 Pro", "process"),
    ("default", "hyperv", "Windows 11 Pro", "hyperv"),
    ("process", "hyperv", "Windows 11 Pro", "process"),
    ("hyperv", "process", "Windows Server 2025", "hyperv"),
    ("", "", "", "process"),
]


@pytest.mark.parametrize(("asked", "engine", "os_name", "expected"), MODES)
def test_isolation(asked: str, engine: str, os_name: str, expected: str) -> None:
    assert WindowsHost("win-1", engine, os_name=os_name).mode(asked) == expected


def test_a_client_that_isolates_by_hyperv_gives_no_devices() -> None:
    [finding] = container_findings({"HostConfig": {"Devices": [DEVICE]}}, CLIENT)
    assert finding.refused
    assert finding.engine == "device assignment is not supported for HyperV containers"


def test_a_healthcheck_for_another_shell_is_warned_about() -> None:
    body = {"Healthcheck": {"Test": ["CMD", "/bin/sh", "-c", "true"]}}
    [finding] = container_findings(body, SERVER)
    assert not finding.refused
    assert "/bin/sh" in finding.detail
    assert container_findings({"Healthcheck": {"Test": ["CMD-SHELL", "curl -f http://localhost"]}}, SERVER) == []


def test_refusals_come_before_warnings() -> None:
    found = container_findings({"HostConfig": {"CapAdd": ["X"], "Privileged": True}}, SERVER)
    assert [finding.refused for finding in found] == [True, False]


def test_a_long_text_is_judged_at_once() -> None:
    """The expressions are linear: no text makes them slow."""
    found = container_findings(
        {"HostConfig": {"Binds": ["c:\\" + "a" * 50_000 + "?", "c:\\" + "a\\" * 20_000 + ":"]}}, SERVER
    )
    assert len(found) == 2
