"""What viewers, deployers and admins may do."""

from typing import Any

import pytest

from hosts.policy import Finding, Options, Ownership, Policy, Request, decide
from hosts.policy.endpoints import ENDPOINTS

from .asking import SHARED, ask, create, service

# as docker 28 sends it for `docker run -it --rm -p 8080:80 -v data:/d --memory 64m busybox sh`
RUN: dict[str, Any] = {
    "Hostname": "",
    "Domainname": "",
    "User": "",
    "AttachStdin": True,
    "AttachStdout": True,
    "AttachStderr": True,
    "ExposedPorts": {"80/tcp": {}},
    "Tty": True,
    "OpenStdin": True,
    "StdinOnce": True,
    "Env": None,
    "Cmd": ["sh"],
    "Image": "busybox",
    "Volumes": {},
    "WorkingDir": "",
    "Entrypoint": None,
    "OnBuild": None,
    "Labels": {},
    "HostConfig": {
        "Binds": ["data:/d"],
        "ContainerIDFile": "",
        "LogConfig": {"Type": "", "Config": {}},
        "NetworkMode": "default",
        "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
        "AutoRemove": True,
        "VolumeDriver": "",
        "VolumesFrom": None,
        "ConsoleSize": [40, 120],
        "CapAdd": None,
        "CapDrop": None,
        "CgroupnsMode": "",
        "Dns": [],
        "DnsOptions": [],
        "DnsSearch": [],
        "ExtraHosts": None,
        "GroupAdd": None,
        "IpcMode": "",
        "Cgroup": "",
        "Links": None,
        "OomScoreAdj": 0,
        "PidMode": "",
        "Privileged": False,
        "PublishAllPorts": False,
        "ReadonlyRootfs": False,
        "SecurityOpt": None,
        "UTSMode": "",
        "UsernsMode": "",
        "ShmSize": 0,
        "Isolation": "",
        "CpuShares": 0,
        "Memory": 67108864,
        "NanoCpus": 0,
        "CgroupParent": "",
        "BlkioWeight": 0,
        "BlkioWeightDevice": [],
        "BlkioDeviceReadBps": [],
        "BlkioDeviceWriteBps": [],
        "BlkioDeviceReadIOps": [],
        "BlkioDeviceWriteIOps": [],
        "CpuPeriod": 0,
        "CpuQuota": 0,
        "CpuRealtimePeriod": 0,
        "CpuRealtimeRuntime": 0,
        "CpusetCpus": "",
        "CpusetMems": "",
        "Devices": [],
        "DeviceCgroupRules": None,
        "DeviceRequests": None,
        "MemoryReservation": 0,
        "MemorySwap": 0,
        "MemorySwappiness": -1,
        "OomKillDisable": False,
        "PidsLimit": 0,
        "Ulimits": [],
        "CpuCount": 0,
        "CpuPercent": 0,
        "IOMaximumIOps": 0,
        "IOMaximumBandwidth": 0,
        "MaskedPaths": None,
        "ReadonlyPaths": None,
    },
    "NetworkingConfig": {"EndpointsConfig": {"default": {"IPAMConfig": None, "Links": None, "Aliases": None}}},
}


def test_a_deployer_runs_what_docker_run_sends() -> None:
    decision = ask("POST", "/v1.48/containers/create?name=web", RUN)
    assert (decision.allowed, decision.rule) == (True, "containers.create")


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/containers/own/start", b""),
        ("POST", "/containers/own/exec", {"Cmd": ["sh"], "Tty": True, "AttachStdin": True, "Privileged": False}),
        ("POST", "/exec/mine/start", {"Detach": False, "Tty": True}),
        ("POST", "/exec/mine/resize?h=40&w=120", b""),
        ("POST", "/containers/own/attach?stream=1&stdin=1", None),
        ("PUT", "/containers/own/archive?path=%2Ftmp", None),
        ("GET", "/containers/own/archive?path=%2Ftmp", b""),
        ("POST", "/containers/own/update", {"Memory": 1048576, "RestartPolicy": {"Name": "always"}}),
        ("POST", "/containers/own/rename?name=new", b""),
        ("POST", "/commit?container=own&repo=a", {}),
        ("POST", "/build?t=a%3A1&t=b%3A1&networkmode=default&ulimits=null&cachefrom=%5B%5D&version=1", None),
        ("POST", "/images/create?fromImage=nginx&tag=1.27", b""),
        ("POST", "/images/localhost:5000/a/b/push?tag=1", b""),
        ("POST", "/images/load?quiet=1", None),
        ("DELETE", "/images/localhost:5000/a/b", b""),
        ("POST", "/networks/create", {"Name": "n", "Driver": "bridge", "IPAM": {"Driver": "default"}, "Options": {}}),
        ("POST", "/networks/front/connect", {"Container": "own", "EndpointConfig": {"Aliases": ["a"]}}),
        ("POST", "/volumes/create", {"Name": "v", "Driver": "local", "DriverOpts": {}}),
        ("POST", "/volumes/create", {"Name": "v", "DriverOpts": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}}),
        ("POST", "/services/create", service({"Mounts": [{"Type": "volume", "Source": "data", "Target": "/d"}]})),
        ("POST", "/containers/create", create({"NetworkMode": "front", "PidMode": "container:own"})),
        ("POST", "/containers/create", create({"CapAdd": ["NET_BIND_SERVICE"], "SecurityOpt": ["no-new-privileges"]})),
        (
            "POST",
            "/containers/create",
            create({"Mounts": [{"Type": "tmpfs", "Target": "/t"}], "VolumesFrom": ["own:ro"]}),
        ),
        ("POST", "/containers/prune", b""),
        ("GET", "/distribution/nginx/json", b""),
        ("POST", "/auth", {"username": "a", "password": "b", "serveraddress": "https://index.docker.io/v1/"}),
    ],
)
def test_a_deployer_acts(method: str, target: str, body: Any) -> None:
    decision = ask(method, target, body)
    assert decision.allowed, decision


def test_a_viewer_reads_and_nothing_else() -> None:
    for one in ENDPOINTS:
        target = one.path.replace("{id}", "own").replace("{name}", "data")
        decision = ask(one.method, target, role="viewer")
        assert decision.allowed == (one.role == "viewer" and not one.path.startswith(("/exec", "/serv", "/tasks"))) or (
            one.role == "viewer"
        ), (one, decision)


def test_an_admin_may_do_everything_that_is_in_the_table() -> None:
    for one in ENDPOINTS:
        target = one.path.replace("{id}", "own").replace("{name}", "data")
        assert ask(one.method, target, role="admin").allowed, one
    assert ask("POST", "/containers/create", create({"Privileged": True, "Binds": ["/:/h"]}), role="admin").allowed


def test_the_hosts_owner_limits_an_admin_too() -> None:
    def owner(request: Request) -> Finding | None:
        return Finding("owner.containers.privileged", "The owner of the host forbids it.")

    request = Request("POST", "/containers/create", body={"HostConfig": {"Privileged": True}})
    decision = decide(role="admin", policy=Policy(owner=owner), request=request, resources={})
    assert decision.rule == "owner.containers.privileged"


@pytest.mark.parametrize(
    ("options", "host"),
    [
        (Options(bind_roots=("/srv",)), {"Binds": ["/srv:/d", "/srv/a/../b:/e"]}),
        (Options(bind_roots=("/srv:ro",)), {"Binds": ["/srv/a:/d:ro"]}),
        (Options(bind_roots=("D:\\data",)), {"Binds": ["d:/data/web:C:\\web"]}),
        (Options(bind_roots=("/",)), {"Mounts": [{"Type": "bind", "Source": "/etc", "Target": "/e"}]}),
        (Options(bind_roots=("/",)), {"Binds": ["hidden:/h"]}),
        (Options(bind_roots=("/run",), docker_socket=True), {"Binds": ["/run/docker.sock:/s"]}),
        (Options(docker_socket=True), {"Mounts": [{"Type": "npipe", "Source": "\\\\.\\pipe\\docker_engine"}]}),
        (Options(privileged=True), {"Privileged": True}),
        (Options(host_namespaces=("network", "pid")), {"NetworkMode": "host", "PidMode": "host"}),
        (Options(capabilities=("NET_ADMIN",)), {"CapAdd": ["CAP_NET_ADMIN", "net_admin"]}),
        (Options(devices=("/dev/fuse",)), {"Devices": [{"PathOnHost": "/dev/fuse"}]}),
        (Options(devices=("gpu",)), {"DeviceRequests": [{"Count": 1}]}),
        (Options(security_options=("seccomp=unconfined",)), {"SecurityOpt": ["seccomp:unconfined"]}),
        (Options(security_options=("systempaths=unconfined",)), {"MaskedPaths": [], "ReadonlyPaths": []}),
        (Options(sysctls=("net.core.somaxconn",)), {"Sysctls": {"net.core.somaxconn": "1024"}}),
        (Options(ulimits=("*",)), {"Ulimits": [{"Name": "memlock", "Soft": -1, "Hard": -1}]}),
        (Options(runtimes=("nvidia",)), {"Runtime": "nvidia"}),
        (Options(oom_score=True), {"OomScoreAdj": -100}),
        (Options(log_drivers=("*",)), {"LogConfig": {"Type": "gelf"}}),
        (Options(volume_drivers=("nfs",)), {"VolumeDriver": "nfs"}),
        (
            Options(maximum_memory=1 << 30, maximum_cpus=2, maximum_pids=100),
            {"Memory": 1 << 20, "NanoCpus": 10**9, "PidsLimit": 9},
        ),
    ],
)
def test_an_option_allows_what_it_names(options: Options, host: dict[str, Any]) -> None:
    assert ask("POST", "/containers/create", create(host), options=options).allowed
    assert not ask("POST", "/containers/create", create(host), options=Options(maximum_pids=1, runtimes=())).allowed


@pytest.mark.parametrize(
    ("options", "host", "rule"),
    [
        (Options(bind_roots=("/srv",)), {"Binds": ["/srv2:/d"]}, "bind-mount"),
        (Options(bind_roots=("/srv",)), {"Binds": ["/srv/../etc:/d"]}, "bind-mount"),
        (Options(bind_roots=("/srv:ro",)), {"Binds": ["/srv/a:/d"]}, "bind-mount"),
        (Options(bind_roots=("/srv:ro",)), {"Mounts": [{"Type": "bind", "Source": "/srv"}]}, "bind-mount"),
        (Options(bind_roots=("/run",)), {"Binds": ["/run/docker.sock:/s"]}, "docker-socket"),
        (Options(bind_roots=("D:\\data",)), {"Binds": ["D:\\DATA2:C:\\d"]}, "bind-mount"),
        (Options(bind_roots=("D:\\data",)), {"Binds": ["D:\\data\\..\\x:C:\\d"]}, "bind-mount"),
        (Options(bind_roots=("D:\\data",)), {"Binds": ["D:\\data\\LONGNA~1:C:\\d"]}, "bind-mount"),
        (Options(bind_roots=("D:\\data",)), {"Mounts": [{"Type": "bind", "Source": "D:\\data\\a:b"}]}, "bind-mount"),
        (Options(host_namespaces=("pid",)), {"NetworkMode": "host"}, "host-namespace-network"),
        (Options(maximum_memory=1 << 30), {}, "maximum-memory"),
        (Options(maximum_memory=1 << 30), {"Memory": 1 << 31}, "maximum-memory"),
        (Options(maximum_cpus=1), {"CpuQuota": 200_000}, "maximum-cpus"),
        (Options(maximum_cpus=1), {"CpuQuota": -1}, "maximum-cpus"),
        (Options(maximum_pids=10), {"PidsLimit": -1}, "maximum-pids"),
    ],
)
def test_an_option_allows_no_more(options: Options, host: dict[str, Any], rule: str) -> None:
    assert ask("POST", "/containers/create", create(host), options=options).rule == rule


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/images/create?fromImage=nginx", b""),
        ("POST", "/images/create?fromImage=evil.example%2Fa", b""),
        ("POST", "/images/create?fromSrc=-", None),
        ("POST", "/images/load", None),
        ("POST", "/images/nginx/push", b""),
        ("POST", "/containers/create", {"Image": "nginx:1"}),
        ("POST", "/services/create", service({"Image": "docker.io/nginx"})),
        ("GET", "/distribution/nginx/json", b""),
        ("POST", "/auth", {"serveraddress": "http://10.0.0.1:8080"}),
    ],
)
def test_registries_that_are_not_named_are_refused(method: str, target: str, body: Any) -> None:
    own = Options(registries=("registry.example:5000",))
    assert ask(method, target, body, options=own).rule == "registry"
    assert ask("POST", "/containers/create", {"Image": "registry.example:5000/a:1"}, options=own).allowed


def test_limits_hold_for_services_and_updates() -> None:
    options = Options(maximum_memory=1 << 20)
    assert ask("POST", "/services/create", service(), options=options).rule == "maximum-memory"
    small = service(Resources={"Limits": {"MemoryBytes": 1 << 19}})
    assert ask("POST", "/services/create", small, options=options).allowed
    assert ask("POST", "/containers/own/update", {"Memory": 1 << 21}, options=options).rule == "maximum-memory"
    assert ask("POST", "/containers/own/update", {"Memory": 1 << 19}, options=options).allowed
    assert (
        ask("POST", "/containers/own/update", {"NanoCpus": 10**10}, options=Options(maximum_cpus=1)).rule
        == "maximum-cpus"
    )


def test_turned_off_altogether() -> None:
    assert ask("POST", "/build", None, options=Options(build=False)).rule == "build"
    assert ask("POST", "/containers/own/exec", {"Cmd": ["sh"]}, options=Options(exec=False)).rule == "exec"
    assert ask("POST", "/services/create", service(), options=Options(services=False)).rule == "services"
    assert ask("POST", "/volumes/prune", options=Options(prune=False)).rule == "prune"
    assert ask("POST", "/session", None, options=Options(buildkit=True)).allowed


def test_on_a_shared_host_ones_own_things_are_there() -> None:
    for target in (
        "/containers/own/json",
        "/containers/own/logs",
        "/networks/front",
        "/volumes/data",
        "/networks/bridge",
    ):
        assert ask("GET", target, role="viewer", ownership=SHARED).allowed, target
    assert ask("POST", "/containers/own/stop", ownership=SHARED).allowed


def test_whose_a_thing_is() -> None:
    assert Ownership().owns({})
    assert SHARED.owns({"io.pierhead.team": "harbour"})
    assert SHARED.owns({"com.docker.compose.project": "shop"})
    assert not SHARED.owns({"com.docker.compose.project": "shop", "io.pierhead.team": "lighthouse"})
    assert not SHARED.owns({"io.pierhead.team": ""})
    assert not SHARED.owns(None)
    assert not Ownership(shared=True).owns({"io.pierhead.team": ""})
