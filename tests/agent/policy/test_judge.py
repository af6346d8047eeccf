"""What a container, a volume or a network of the Engine API asks for, against the rules."""

from pathlib import PurePosixPath
from typing import Any

import msgspec
import pytest

from engine_agent.protocol.bodies import (
    BuildContext,
    ContainerAction,
    ContainerLogs,
    ContainerSpec,
    Deploy,
    ImageSpec,
    NetworkSpec,
    Prepare,
    VolumeSpec,
)
from engine_agent.protocol.files import HookSpec
from engine_agent.protocol.policy import HERE, Place, Rules, Unresolvable, decide, decide_query
from engine_agent.protocol.swarm import StackDeploy, SwarmJoin, SwarmLeave, SwarmObject
from engine_agent.protocol.upkeep import RotateKey

STRICT = Rules()


def deploy(*, host: dict[str, Any] | None = None, **changes: Any) -> Deploy:
    create: dict[str, Any] = {"Image": "nginx:1", "HostConfig": host or {}} | changes.pop("create", {})
    spec = ContainerSpec("shop-web-1", "web", 1, "nginx:1", "hash", create, changes.pop("networks_of", {}))
    parts = {"images": (ImageSpec("nginx:1"),), "networks": (), "volumes": (), "containers": (spec,)}
    return Deploy("shop", **(parts | changes))


def rule_of(body: Any, rules: Rules = STRICT, place: Place = HERE, **more: int) -> str:
    refusal = decide(rules, body, place, **more)
    return refusal.rule if refusal else ""


@pytest.mark.parametrize(
    ("host", "rule"),
    [
        ({}, ""),
        ({"Privileged": True}, "containers.privileged"),
        ({"privileged": True}, "containers.privileged"),
        ({"NetworkMode": "host"}, "containers.host_namespaces"),
        ({"NetworkMode": "bridge"}, ""),
        ({"NetworkMode": "container:abc"}, ""),
        ({"PidMode": "host"}, "containers.host_namespaces"),
        ({"IpcMode": "host"}, "containers.host_namespaces"),
        ({"IpcMode": "shareable"}, ""),
        ({"UTSMode": "host"}, "containers.host_namespaces"),
        ({"UsernsMode": "host"}, "containers.host_namespaces"),
        ({"CgroupnsMode": "host"}, "containers.host_namespaces"),
        ({"Devices": [{"PathOnHost": "/dev/sda", "PathInContainer": "/dev/x"}]}, "containers.devices"),
        ({"DeviceRequests": [{"Driver": "nvidia", "Count": -1}]}, "containers.devices"),
        ({"DeviceCgroupRules": ["c 1:1 rwm"]}, "containers.devices"),
        ({"CapAdd": ["SYS_ADMIN"]}, "containers.capabilities"),
        ({"CapAdd": ["cap_sys_admin"]}, "containers.capabilities"),
        ({"CapDrop": ["ALL"]}, ""),
        ({"SecurityOpt": ["seccomp=unconfined"]}, "containers.security_options"),
        ({"SecurityOpt": ["apparmor:unconfined"]}, "containers.security_options"),
        ({"SecurityOpt": ["no-new-privileges"]}, ""),
        ({"SecurityOpt": ["no-new-privileges:true"]}, ""),
        ({"SecurityOpt": ["no-new-privileges=false"]}, "containers.security_options"),
        ({"MaskedPaths": []}, "containers.security_options"),
        ({"ReadonlyPaths": []}, "containers.security_options"),
        ({"MaskedPaths": None}, ""),
        ({"Runtime": "runc"}, ""),
        ({"Runtime": "/var/lib/docker/volumes/x/_data/shim"}, "containers.runtimes"),
        ({"VolumesFrom": ["other"]}, "mounts.volumes_from"),
        ({"Binds": ["data:/data"]}, ""),
        ({"Binds": ["/srv:/data"]}, "mounts.bind_roots"),
        ({"Binds": ["/:/data:ro"]}, "mounts.docker_socket"),
        ({"Binds": ["/var/run/docker.sock:/var/run/docker.sock"]}, "mounts.docker_socket"),
        ({"Binds": ["/var/run:/x"]}, "mounts.docker_socket"),
        ({"Binds": ["C:\\data:C:\\data"]}, "mounts.bind_roots"),
        ({"Binds": ["\\\\.\\pipe\\docker_engine:\\\\.\\pipe\\docker_engine"]}, "mounts.docker_socket"),
        ({"VolumeDriver": "sshfs"}, "mounts.volume_drivers"),
        ({"Mounts": [{"Type": "bind", "Source": "/srv", "Target": "/x"}]}, "mounts.bind_roots"),
        ({"Mounts": [{"Type": "volume", "Source": "data", "Target": "/x"}]}, ""),
        ({"Mounts": [{"Type": "tmpfs", "Target": "/x"}]}, ""),
        ({"Mounts": [{"Type": "npipe", "Source": "\\\\.\\pipe\\docker_engine"}]}, "mounts.docker_socket"),
        ({"Mounts": [{"Type": "new"}]}, "mounts.bind_roots"),
        ({"Mounts": {"Type": "bind"}}, "commands.allowed"),
        ({"Memory": "lots"}, ""),
    ],
)
def test_what_reaches_out_of_a_container(host: dict[str, Any], rule: str) -> None:
    assert rule_of(deploy(host=host)) == rule


def volume_mount(**options: str) -> dict[str, Any]:
    config = {"Name": "local", "Options": options}
    return {"Mounts": [{"Type": "volume", "Source": "v", "Target": "/x", "VolumeOptions": {"DriverConfig": config}}]}


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"type": "none", "o": "bind", "device": "/etc"}, "mounts.bind_roots"),
        ({"type": "none", "o": "bind,ro", "device": "/srv/x"}, ""),
        ({"o": "rbind", "device": "/etc"}, "mounts.bind_roots"),
        ({"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}, ""),
        ({"type": "tmpfs", "device": "/etc", "o": "bind"}, "mounts.bind_roots"),
        ({"type": "nfs", "device": ":/export", "o": "addr=192.0.2.1"}, ""),
        ({"type": "cifs", "device": "//server/share", "o": "addr=server"}, ""),
        ({"type": "ext4", "device": "/dev/sda1"}, "mounts.bind_roots"),
        ({"type": "overlay", "device": "overlay", "o": "lowerdir=/etc"}, "mounts.bind_roots"),
        ({"type": "none", "o": "bind", "device": "/run/docker.sock"}, "mounts.docker_socket"),
    ],
)
def test_a_volume_can_be_a_bind_in_disguise(options: dict[str, str], rule: str) -> None:
    rules = Rules(bind_roots=("/srv",))
    body = {"Name": "v", "Driver": "local", "DriverOpts": options}
    assert rule_of(deploy(volumes=(VolumeSpec("v", body),)), rules) == rule
    assert rule_of(deploy(host=volume_mount(**options)), rules) == rule


@pytest.mark.parametrize(
    ("bind", "allowed"),
    [
        ("/srv/app:/x", True),
        ("/srv:/x", True),
        ("/srv/:/x", True),
        ("/srv2:/x", False),
        ("/srv/../etc:/x", False),
        ("//etc:/x", False),
        ("/var/log/app:/x:ro", True),
        ("/var/log/app:/x:ro,z", True),
        ("/var/log/app:/x", False),
        ("C:\\Data\\app:C:\\x", True),
        ("c:/data/app:C:\\x", True),
        ("C:\\Database:C:\\x", False),
        ("C:\\data\\..\\Windows:C:\\x", False),
    ],
)
def test_bind_roots(bind: str, allowed: bool) -> None:
    rules = Rules(bind_roots=("/srv", "/var/log:ro", "C:\\data"))
    assert rule_of(deploy(host={"Binds": [bind]}), rules) == ("" if allowed else "mounts.bind_roots")


def follow(path: str) -> str:
    """A machine on which /srv/out leads to /etc, /data to /mnt/data, and /srv/closed may not be looked into."""
    if path.startswith("/srv/closed"):
        raise Unresolvable("the agent may not look where that leads")
    for link, target in {"/srv/out": "/etc", "/data": "/mnt/data", "/srv/sock": "/run/docker.sock"}.items():
        if path == link or path.startswith(link + "/"):
            return target + path.removeprefix(link)
    return str(PurePosixPath(path))


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("/srv/app", ""),
        ("/srv/out", "mounts.bind_roots"),
        ("/srv/out/ssh", "mounts.bind_roots"),
        ("/srv/closed/x", "mounts.bind_roots"),
        ("/srv/sock", "mounts.docker_socket"),
        ("/data/app", ""),
        ("/mnt/data/app", ""),
    ],
)
def test_links_are_followed(source: str, rule: str) -> None:
    rules = Rules(bind_roots=("/srv", "/data"))
    assert rule_of(deploy(host={"Binds": [f"{source}:/x"]}), rules, Place(real=follow)) == rule


def test_where_a_link_leads_is_told() -> None:
    refusal = decide(Rules(bind_roots=("/srv",)), deploy(host={"Binds": ["/srv/out:/x"]}), Place(real=follow))
    assert str(refusal) == (
        "shop-web-1 wants /srv/out (which leads to /etc) of the host for writing, and the policy of this host does not "
        "allow that (rule mounts.bind_roots)"
    )


def test_nobody_may_write_where_the_policy_is_kept() -> None:
    rules = Rules(bind_roots=("/",), docker_socket=True)
    place = Place(guarded=("/etc/pierhead-agent",))
    assert rule_of(deploy(host={"Binds": ["/etc:/x"]}), rules, place) == "mounts.bind_roots"
    assert rule_of(deploy(host={"Binds": ["/etc/pierhead-agent/policy.toml:/x"]}), rules, place) == "mounts.bind_roots"
    assert rule_of(deploy(host={"Binds": ["/etc:/x:ro"]}), rules, place) == ""
    assert rule_of(deploy(host={"Binds": ["/home:/x"]}), rules, place) == ""


def test_the_socket_of_an_engine_elsewhere_is_known() -> None:
    rules = Rules(bind_roots=("/opt",))
    place = Place(sockets=("/opt/engine/api",))
    assert rule_of(deploy(host={"Binds": ["/opt/engine:/x"]}), rules, place) == "mounts.docker_socket"
    assert rule_of(deploy(host={"Binds": ["/opt/other:/x"]}), rules, place) == ""


@pytest.mark.parametrize(
    ("rules", "host"),
    [
        (Rules(privileged=True), {"Privileged": True}),
        (Rules(host_namespaces=("network",)), {"NetworkMode": "host"}),
        (Rules(devices=("/dev/dri*",)), {"Devices": [{"PathOnHost": "/dev/dri/card0"}]}),
        (Rules(devices=("nvidia",)), {"DeviceRequests": [{"Driver": "nvidia"}]}),
        (Rules(devices=("gpu",)), {"DeviceRequests": [{"Count": 1, "Capabilities": [["gpu"]]}]}),
        (Rules(devices=("*",)), {"DeviceCgroupRules": ["c 1:1 rwm"]}),
        (Rules(capabilities=("NET_ADMIN",)), {"CapAdd": ["CAP_NET_ADMIN"]}),
        (Rules(capabilities=("*",)), {"CapAdd": ["ALL"]}),
        (Rules(security_options=("seccomp=*",)), {"SecurityOpt": ["seccomp={}"]}),
        (Rules(security_options=("systempaths=unconfined",)), {"MaskedPaths": [], "ReadonlyPaths": []}),
        (Rules(volumes_from=True), {"VolumesFrom": ["x"]}),
        (Rules(volume_drivers=("local", "nfs*")), {"VolumeDriver": "nfsvol"}),
        (Rules(runtimes=("runc", "nvidia")), {"Runtime": "nvidia"}),
        (Rules(docker_socket=True), {"Binds": ["/var/run/docker.sock:/var/run/docker.sock"]}),
    ],
)
def test_what_a_rule_names_is_allowed(rules: Rules, host: dict[str, Any]) -> None:
    assert rule_of(deploy(host=host), rules) == ""
    assert rule_of(deploy(host=host)) != ""


@pytest.mark.parametrize(
    ("host", "rule"),
    [
        ({"Memory": 2**29, "NanoCpus": 10**9}, ""),
        ({"Memory": 2**31, "NanoCpus": 10**9}, "containers.maximum_memory"),
        ({"NanoCpus": 10**9}, "containers.maximum_memory"),
        ({"Memory": 2**29}, "containers.maximum_cpus"),
        ({"Memory": 2**29, "NanoCpus": 3 * 10**9}, "containers.maximum_cpus"),
        ({"Memory": 2**29, "CpuQuota": 150_000}, ""),
        ({"Memory": 2**29, "CpuQuota": 150_000, "CpuPeriod": 50_000}, "containers.maximum_cpus"),
        ({"Memory": 2**29, "CpuCount": 2}, ""),
        ({"Memory": -1, "NanoCpus": 10**9}, "containers.maximum_memory"),
    ],
)
def test_limits(host: dict[str, Any], rule: str) -> None:
    assert rule_of(deploy(host=host), Rules(maximum_memory=2**30, maximum_cpus=2.0)) == rule


def test_the_number_of_containers() -> None:
    rules = Rules(maximum_containers=3)
    assert rule_of(deploy(), rules, others=2) == ""
    assert rule_of(deploy(), rules, others=3) == "containers.maximum_containers"


@pytest.mark.parametrize(
    ("image", "allowed"),
    [
        (ImageSpec("nginx:1"), False),
        (ImageSpec("registry.example:5000/app:1"), True),
        (ImageSpec("nginx:1", source="registry.example:5000/mirror/nginx:1"), True),
        (ImageSpec("registry.example:5000/app:1", source="evil.example/app:1"), False),
        (ImageSpec("nginx:1", pull="never"), True),
        (ImageSpec("ours:1", build=BuildContext("/c", "0" * 64, 1)), True),
        (ImageSpec("localhost/app"), False),
    ],
)
def test_registries(image: ImageSpec, allowed: bool) -> None:
    rules = Rules(registries=("registry.example:5000",))
    assert rule_of(deploy(images=(image,)), rules) == ("" if allowed else "images.registries")


def test_building() -> None:
    image = ImageSpec("ours:1", build=BuildContext("/c", "0" * 64, 1))
    assert rule_of(deploy(images=(image,)), Rules(build=False)) == "images.build"


@pytest.mark.parametrize(
    ("driver", "rule"), [("bridge", ""), ("overlay", ""), ("", ""), ("macvlan", "containers.host_namespaces")]
)
def test_networks_on_the_hosts_own_wire(driver: str, rule: str) -> None:
    network = NetworkSpec("lan", {"Name": "lan", "Driver": driver, "Options": {"parent": "eth0"}})
    assert rule_of(deploy(networks=(network,))) == rule
    assert rule_of(deploy(networks=(network,)), Rules(host_namespaces=("network",))) == ""


def test_a_container_of_the_host_network_by_its_endpoints() -> None:
    create: dict[str, Any] = {"NetworkingConfig": {"EndpointsConfig": {"host": {}}}}
    assert rule_of(deploy(create=create)) == "containers.host_namespaces"
    assert rule_of(deploy(networks_of={"host": {}})) == "containers.host_namespaces"


def test_a_key_in_two_spellings_is_refused() -> None:
    refusal = decide(STRICT, deploy(host={"Privileged": False, "privileged": True}))
    assert refusal is not None
    assert "twice" in str(refusal)


def test_commands_and_questions_by_their_word() -> None:
    rules = Rules(allowed=("deploy", "start"))
    assert rule_of(deploy(), rules) == ""
    assert rule_of(ContainerAction("c", "start"), rules) == ""
    assert rule_of(ContainerAction("c", "remove"), rules) == "commands.allowed"
    assert decide_query(rules, ContainerLogs("c")) is not None
    assert decide_query(Rules(), ContainerLogs("c")) is None


@pytest.mark.parametrize(
    ("rules", "privileged", "rule"),
    [
        (Rules(), False, ""),
        (Rules(), True, "containers.privileged"),
        (Rules(exec=False), False, "containers.exec"),
        (Rules(privileged=True), True, ""),
    ],
)
def test_commands_that_run_inside_after_the_start(rules: Rules, privileged: bool, rule: str) -> None:
    plain = deploy().containers[0]
    spec = msgspec.structs.replace(plain, post_start=(HookSpec(("true",), privileged=privileged),))
    assert rule_of(deploy(containers=(spec,)), rules) == rule


def stack(template: dict[str, Any]) -> Any:
    return StackDeploy("shop", services=(SwarmObject("shop_web", {"TaskTemplate": template}),))


def test_a_swarm_needs_its_rule() -> None:
    plain = stack({"ContainerSpec": {"Image": "nginx:1"}})
    assert rule_of(plain) == "commands.swarm"
    assert rule_of(SwarmJoin(("192.0.2.1:2377",), "token")) == "commands.swarm"
    assert rule_of(SwarmLeave()) == ""
    assert rule_of(plain, Rules(swarm=True)) == ""


def test_the_services_of_a_stack_are_judged() -> None:
    bad = stack({"ContainerSpec": {"Mounts": [{"Type": "bind", "Source": "/etc", "Target": "/x"}]}})
    assert rule_of(bad, Rules(swarm=True)) == "mounts.bind_roots"
    lan = StackDeploy("shop", networks=(SwarmObject("lan", {"Driver": "macvlan"}), SwarmObject("theirs", None)))
    assert rule_of(lan, Rules(swarm=True)) == "containers.host_namespaces"


def test_parts_of_a_deployment_are_allowed_with_it() -> None:
    rules = Rules(allowed=("deploy",), registries=("registry.example",))
    assert rule_of(Prepare("shop", ()), rules) == ""
    assert rule_of(Prepare("shop", (ImageSpec("nginx:1"),)), rules) == "images.registries"
    assert rule_of(RotateKey(), rules) == ""
