"""Compose services become the Engine API's bodies, exactly, with docker compose's labels."""

import json
from typing import Any

import pytest

from hosts import engine_body
from tests.hosts.shapes import one, project


def body(**attributes: Any) -> dict[str, Any]:
    """The create body of one service, without the labels."""
    parsed = project(one(**attributes))
    made = engine_body.container_body(parsed, parsed.service("web"), 1)
    return {name: value for name, value in made.items() if name != "Labels"}


def host_config(**attributes: Any) -> Any:
    return body(**attributes)["HostConfig"]


PLAIN = {"NetworkMode": "shop_default", "RestartPolicy": {"Name": "no"}}


def test_a_bare_service() -> None:
    parsed = project(one())
    made = engine_body.container_body(parsed, parsed.service("web"), 1, "sha256:abc")
    digest = made["Labels"]["com.docker.compose.config-hash"]
    assert made == {
        "Image": "nginx:1",
        "HostConfig": PLAIN,
        "NetworkingConfig": {"EndpointsConfig": {"shop_default": {"Aliases": ["shop-web-1", "web"]}}},
        "Labels": {
            "com.docker.compose.project": "shop",
            "com.docker.compose.service": "web",
            "com.docker.compose.oneoff": "False",
            "com.docker.compose.version": engine_body.VERSION,
            "com.docker.compose.depends_on": "",
            "com.docker.compose.project.config_files": "compose.yaml",
            "com.docker.compose.config-hash": digest,
            "com.docker.compose.container-number": "1",
        },
    }
    assert len(digest) == 64
    assert json.loads(json.dumps(made)) == made


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({"command": "echo hi"}, {"Cmd": ["echo", "hi"]}),
        ({"command": ["echo", "a b"]}, {"Cmd": ["echo", "a b"]}),
        ({"entrypoint": []}, {"Entrypoint": []}),
        ({"entrypoint": "/run.sh -v"}, {"Entrypoint": ["/run.sh", "-v"]}),
        ({"environment": {"B": "2", "A": "1"}}, {"Env": ["B=2", "A=1"]}),
        ({"hostname": "h", "domainname": "d"}, {"Hostname": "h", "Domainname": "d"}),
        ({"user": "1000:1000"}, {"User": "1000:1000"}),
        ({"working_dir": "/app"}, {"WorkingDir": "/app"}),
        ({"tty": True, "stdin_open": True}, {"Tty": True, "OpenStdin": True}),
        ({"stop_signal": "SIGQUIT"}, {"StopSignal": "SIGQUIT"}),
        ({"stop_grace_period": "1m30s"}, {"StopTimeout": 90}),
        ({"expose": ["80", "53/udp"]}, {"ExposedPorts": {"80/tcp": {}, "53/udp": {}}}),
        ({"ports": ["8080:80"]}, {"ExposedPorts": {"80/tcp": {}}}),
        (
            {
                "healthcheck": {
                    "test": ["CMD", "true"],
                    "interval": "10s",
                    "timeout": "2s",
                    "retries": 3,
                    "start_period": "500ms",
                }
            },
            {
                "Healthcheck": {
                    "Test": ["CMD", "true"],
                    "Interval": 10_000_000_000,
                    "Timeout": 2_000_000_000,
                    "StartPeriod": 500_000_000,
                    "Retries": 3,
                }
            },
        ),
        ({"healthcheck": {"disable": True}}, {"Healthcheck": {"Test": ["NONE"]}}),
    ],
)
def test_configuration(attributes: dict[str, Any], found: dict[str, Any]) -> None:
    made = body(**attributes)
    assert {name: made[name] for name in found} == found
    assert set(made) == {"Image", "HostConfig", "NetworkingConfig", *found}


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({"ports": ["8080:80"]}, {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}}),
        (
            {"ports": ["127.0.0.1:8080:80", "8081:80", "53:53/udp", "443"]},
            {
                "PortBindings": {
                    "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}, {"HostIp": "", "HostPort": "8081"}],
                    "53/udp": [{"HostIp": "", "HostPort": "53"}],
                    "443/tcp": [{"HostIp": "", "HostPort": ""}],
                }
            },
        ),
        ({"restart": "unless-stopped"}, {"RestartPolicy": {"Name": "unless-stopped"}}),
        ({"restart": "on-failure:3"}, {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}}),
        ({"cpus": 0.5}, {"NanoCpus": 500_000_000}),
        ({"mem_limit": "64m", "mem_reservation": "32m"}, {"Memory": 67_108_864, "MemoryReservation": 33_554_432}),
        ({"pids_limit": 100}, {"PidsLimit": 100}),
        ({"shm_size": "64m"}, {"ShmSize": 67_108_864}),
        ({"volumes": ["/srv:/data:ro"]}, {"Binds": ["/srv:/data:ro"]}),
        (
            {
                "volumes": [
                    {"type": "bind", "source": "/srv", "target": "/data", "bind": {"create_host_path": False}},
                ]
            },
            {"Mounts": [{"Type": "bind", "Target": "/data", "Source": "/srv"}]},
        ),
        ({"volumes": ["/cache"]}, {"Mounts": [{"Type": "volume", "Target": "/cache"}]}),
        ({"tmpfs": ["/run", "/tmp:size=1m"]}, {"Tmpfs": {"/run": "", "/tmp": "size=1m"}}),
        ({"cap_add": ["NET_ADMIN"], "cap_drop": ["ALL"]}, {"CapAdd": ["NET_ADMIN"], "CapDrop": ["ALL"]}),
        ({"privileged": True}, {"Privileged": True}),
        ({"read_only": True}, {"ReadonlyRootfs": True}),
        ({"init": True}, {"Init": True}),
        ({"init": False}, {"Init": False}),
        ({"extra_hosts": ["db:10.0.0.1"]}, {"ExtraHosts": ["db:10.0.0.1"]}),
        ({"dns": ["1.1.1.1"], "dns_search": ["a.example"]}, {"Dns": ["1.1.1.1"], "DnsSearch": ["a.example"]}),
        ({"sysctls": {"net.core.somaxconn": 1024}}, {"Sysctls": {"net.core.somaxconn": "1024"}}),
        ({"ulimits": {"nofile": 100}}, {"Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 100}]}),
        (
            {"devices": ["/dev/null:/dev/zero:r"]},
            {
                "Devices": [
                    {"PathOnHost": "/dev/null", "PathInContainer": "/dev/zero", "CgroupPermissions": "r"},
                ]
            },
        ),
        ({"volumes": ["/srv:/data:Z"]}, {"Binds": ["/srv:/data:Z"]}),
        (
            {"volumes": [{"type": "bind", "source": "/s", "target": "/d", "bind": {"recursive": "disabled"}}]},
            {
                "Mounts": [
                    {
                        "Type": "bind",
                        "Target": "/d",
                        "Source": "/s",
                        "BindOptions": {"NonRecursive": True, "CreateMountpoint": True},
                    }
                ]
            },
        ),
        (
            {"volumes": [{"type": "volume", "target": "/d", "volume": {"labels": {"a": "b"}}}]},
            {"Mounts": [{"Type": "volume", "Target": "/d", "VolumeOptions": {"Labels": {"a": "b"}}}]},
        ),
        (
            {"volumes": [{"type": "image", "source": "x:1", "target": "/d", "image": {"subpath": "in"}}]},
            {"Mounts": [{"Type": "image", "Target": "/d", "Source": "x:1", "ImageOptions": {"Subpath": "in"}}]},
        ),
        ({"gpus": "all"}, {"DeviceRequests": [{"Capabilities": [["gpu"]], "Count": -1}]}),
        (
            {"gpus": [{"device_ids": ["0"], "driver": "nvidia", "options": {"a": "b"}}]},
            {
                "DeviceRequests": [
                    {"Capabilities": [["gpu"]], "Driver": "nvidia", "DeviceIDs": ["0"], "Options": {"a": "b"}},
                ]
            },
        ),
        ({"device_cgroup_rules": ["c 1:3 mr"]}, {"DeviceCgroupRules": ["c 1:3 mr"]}),
        (
            {"blkio_config": {"weight": 300, "device_write_iops": [{"path": "/dev/sda", "rate": 30}]}},
            {"BlkioWeight": 300, "BlkioDeviceWriteIOps": [{"Path": "/dev/sda", "Rate": 30}]},
        ),
        (
            {"cpu_period": 1000, "cpu_quota": 500, "mem_swappiness": 0, "oom_kill_disable": True},
            {"CpuPeriod": 1000, "CpuQuota": 500, "MemorySwappiness": 0, "OomKillDisable": True},
        ),
        (
            {"cpu_rt_period": 9, "cpu_rt_runtime": 8, "cpu_count": 2, "cpu_percent": 50},
            {"CpuRealtimePeriod": 9, "CpuRealtimeRuntime": 8, "CpuCount": 2, "CpuPercent": 50},
        ),
        (
            {"uts": "host", "userns_mode": "host", "cgroup": "private", "cgroup_parent": "m"},
            {"UTSMode": "host", "UsernsMode": "host", "CgroupnsMode": "private", "CgroupParent": "m"},
        ),
        ({"storage_opt": {"size": "1G"}}, {"StorageOpt": {"size": "1G"}}),
        ({"volumes_from": ["container:old:ro"]}, {"VolumesFrom": ["old:ro"]}),
        (
            {"logging": {"driver": "json-file", "options": {"max-size": "1m"}}},
            {"LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}},
        ),
        ({"security_opt": ["no-new-privileges"]}, {"SecurityOpt": ["no-new-privileges"]}),
        ({"pid": "host", "ipc": "host"}, {"PidMode": "host", "IpcMode": "host"}),
    ],
)
def test_host_configuration(attributes: dict[str, Any], found: dict[str, Any]) -> None:
    made = host_config(**attributes)
    assert {name: made[name] for name in found} == found
    assert set(made) == {*PLAIN, *found}


def test_without_a_network() -> None:
    made = body(network_mode="none")
    assert made["HostConfig"]["NetworkMode"] == "none"
    assert "NetworkingConfig" not in made


SHOP = """
name: shop
services:
  web:
    image: nginx:1
    depends_on: {db: {condition: service_healthy}, cache: {condition: service_started}}
    networks: {front: {aliases: [www]}, back: {ipv4_address: 10.9.0.5}}
    volumes: ["data:/data:ro", {type: volume, source: data, target: /copy, volume: {nocopy: true}}]
  db: {image: "pg:1", networks: [back]}
  cache: {image: "redis:1", networks: [back]}
networks:
  front: {name: outside, external: true}
  back: {driver: bridge, internal: true, ipam: {config: [{subnet: 10.9.0.0/24}]}, labels: {a: b}}
volumes:
  data: {driver: local, driver_opts: {type: tmpfs}}
"""


def test_networks_beyond_the_first_are_joined_afterwards() -> None:
    parsed = project(SHOP)
    web = parsed.service("web")
    made = engine_body.container_body(parsed, web, 1)
    assert made["NetworkingConfig"]["EndpointsConfig"] == {"outside": {"Aliases": ["shop-web-1", "web", "www"]}}
    assert engine_body.extra_networks(parsed, web) == {
        "shop_back": {"Aliases": ["shop-web-1", "web"], "IPAMConfig": {"IPv4Address": "10.9.0.5"}}
    }


def test_volumes_by_their_name_on_the_engine() -> None:
    parsed = project(SHOP)
    made = engine_body.container_body(parsed, parsed.service("web"), 1)
    assert made["HostConfig"]["Binds"] == ["shop_data:/data:ro", "shop_data:/copy:nocopy"]


def test_the_order_is_in_a_label_for_docker_compose_down() -> None:
    parsed = project(SHOP)
    made = engine_body.container_body(parsed, parsed.service("web"), 1)
    assert made["Labels"]["com.docker.compose.depends_on"] == "db:service_healthy:false,cache:service_started:false"


def test_network_and_volume_bodies() -> None:
    parsed = project(SHOP)
    assert engine_body.network_body(parsed, parsed.networks["front"]) is None
    assert engine_body.network_body(parsed, parsed.networks["back"]) == {
        "Name": "shop_back",
        "CheckDuplicate": True,
        "Driver": "bridge",
        "Internal": True,
        "IPAM": {"Driver": "default", "Config": [{"Subnet": "10.9.0.0/24"}]},
        "Labels": {
            "a": "b",
            "com.docker.compose.project": "shop",
            "com.docker.compose.network": "back",
            "com.docker.compose.version": engine_body.VERSION,
        },
    }
    assert engine_body.volume_body(parsed, parsed.volumes["data"]) == {
        "Name": "shop_data",
        "Driver": "local",
        "DriverOpts": {"type": "tmpfs"},
        "Labels": {
            "com.docker.compose.project": "shop",
            "com.docker.compose.volume": "data",
            "com.docker.compose.version": engine_body.VERSION,
        },
    }


def hash_of(number: int = 1, digest: str = "", **attributes: Any) -> str:
    parsed = project(one(**attributes))
    return engine_body.config_hash(engine_body.container_body(parsed, parsed.service("web"), number, digest))


def test_the_hash_tells_configurations_apart_and_replicas_not() -> None:
    assert hash_of() == hash_of()
    assert hash_of(1) == hash_of(2)
    assert hash_of() != hash_of(digest="sha256:1")
    assert hash_of() != hash_of(environment={"A": "1"})
    assert hash_of() != hash_of(ports=["80:80"])


def test_the_hash_knows_the_networks_that_are_joined_afterwards() -> None:
    more = project(SHOP)
    less = project(SHOP.replace(", back: {ipv4_address: 10.9.0.5}", ""))
    hashes = {engine_body.config_hash(engine_body.container_body(one, one.service("web"), 1)) for one in (more, less)}
    assert len(hashes) == 2


def test_names_are_docker_composes() -> None:
    parsed = project(one())
    assert engine_body.container_name(parsed, parsed.service("web"), 2) == "shop-web-2"
    named = project(one(container_name="front"))
    assert engine_body.container_name(named, named.service("web"), 1) == "front"


SHARING = """
services:
  db: {image: "pg:1"}
  web:
    image: "web:1"
    network_mode: "service:db"
    pid: "service:db"
    ipc: "container:other"
    volumes_from: ["db:ro"]
  client:
    image: "client:1"
    links: ["db:base"]
    external_links: ["old:o"]
    networks: {default: {mac_address: "02:42:ac:11:00:02", link_local_ips: [169.254.1.1], gw_priority: 3}}
    depends_on: {web: {condition: service_started, restart: true}}
"""


def made(text: str, service: str, number: int = 1, digest: str = "") -> dict[str, Any]:
    parsed = project(text)
    return engine_body.container_body(parsed, parsed.service(service), number, digest)


def test_namespaces_and_volumes_of_other_services() -> None:
    host = made(SHARING, "web")["HostConfig"]
    assert host["NetworkMode"] == "container:shop-db-1"
    assert host["PidMode"] == "container:shop-db-1"
    assert host["IpcMode"] == "container:other"
    assert host["VolumesFrom"] == ["shop-db-1:ro"]
    labels = made(SHARING, "web")["Labels"]
    assert labels["com.docker.compose.depends_on"] == "db:service_started:true"


def test_links_and_addresses_of_an_endpoint() -> None:
    endpoint = made(SHARING, "client")["NetworkingConfig"]["EndpointsConfig"]["shop_default"]
    assert endpoint == {
        "Aliases": ["shop-client-1", "client"],
        "IPAMConfig": {"LinkLocalIPs": ["169.254.1.1"]},
        "Links": ["shop-db-1:base", "old:o"],
        "MacAddress": "02:42:ac:11:00:02",
        "GwPriority": 3,
    }


@pytest.mark.parametrize("service", ["web", "client"])
def test_what_is_tied_to_another_is_remade_with_it(service: str) -> None:
    before, after = made(SHARING, service), made(SHARING.replace("pg:1", "pg:2"), service)
    assert engine_body.config_hash(before) != engine_body.config_hash(after)


def test_the_order_alone_remakes_nothing() -> None:
    text = "services: {a: {image: x%s}, b: {image: y}}"
    before, after = made(text % "", "a"), made(text % ", depends_on: [b]", "a")
    assert engine_body.config_hash(before) == engine_body.config_hash(after)
    assert after["Labels"]["com.docker.compose.depends_on"] == "b:service_started:false"


FILES = """
services:
  web:
    image: "web:1"
    deploy: {replicas: 2}
    configs: [{source: site, target: /etc/site.conf, mode: 0440}]
    secrets: [pw]
    post_start: [{command: [/init, now], user: root, environment: {A: b}}]
    pre_stop: [{command: /drain}]
configs: {site: {content: "%s"}}
secrets: {pw: {environment: PW}}
"""


def with_files(content: str = "server", password: str = "hunter2") -> Any:
    from gallery.compose.parse import parse_project

    return parse_project(FILES % content, {"PW": password}, "shop")


def test_files_and_hooks_go_beside_the_body_and_never_into_it() -> None:
    parsed = with_files()
    web = parsed.service("web")
    body = engine_body.container_body(parsed, web, 1)
    assert "hunter2" not in json.dumps(body)
    assert [(one.path, one.content, one.mode) for one in engine_body.files(web)] == [
        ("/etc/site.conf", "server", 0o440),
        ("/run/secrets/pw", "hunter2", 0o444),
    ]
    assert "hunter2" not in repr(engine_body.files(web))
    hook = engine_body.hooks(web.post_start)[0]
    assert (hook.command, hook.user, hook.environment) == (("/init", "now"), "root", ("A=b",))
    assert json.loads(body["Labels"]["io.pierhead.pre-stop"]) == [{"command": ["/drain"]}]


def test_another_content_remakes_and_replicas_stay_alike() -> None:
    def of(parsed: Any, number: int = 1) -> str:
        return engine_body.config_hash(engine_body.container_body(parsed, parsed.service("web"), number))

    assert of(with_files()) == of(with_files(), 2)
    assert of(with_files()) != of(with_files("other"))
    assert of(with_files()) != of(with_files(password="changed"))
