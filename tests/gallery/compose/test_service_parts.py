"""Hooks, GPUs, block devices, shared namespaces, placement and updates of a service."""

import pytest

from gallery.compose.parse import parse_project
from gallery.compose.parts import Throttle
from gallery.compose.types import (
    BlockIo,
    Dependency,
    DeviceRequest,
    Hook,
    Placement,
    Resources,
    Restart,
    Service,
    ServiceNetwork,
    Update,
)


def web(attributes: str, **values: str) -> Service:
    text = f"services: {{db: {{image: d}}, web: {{image: x, {attributes}}}}}\nnetworks: {{a: , b: }}"
    return parse_project(text, values, "demo").service("web")


@pytest.mark.parametrize(
    ("attributes", "field", "expected"),
    [
        (
            "post_start: [{command: [/a, b], user: root, privileged: true, working_dir: /w, environment: {A: 1}}]",
            "post_start",
            (Hook(("/a", "b"), "root", "/w", True, {"A": "1"}),),
        ),
        ("pre_stop: [{command: /stop now}]", "pre_stop", (Hook(("/stop", "now")),)),
        ("gpus: all", "devices_wanted", (DeviceRequest(("gpu",), -1),)),
        ("gpus: [{count: 2, driver: nvidia}]", "devices_wanted", (DeviceRequest(("gpu",), 2, driver="nvidia"),)),
        (
            "deploy: {resources: {reservations: {devices: "
            "[{capabilities: [tpu], device_ids: ['1'], options: {a: b}}]}}}",
            "devices_wanted",
            (DeviceRequest(("tpu",), 0, ("1",), options={"a": "b"}),),
        ),
        (
            "blkio_config: {weight: 300, weight_device: [{path: /dev/sda, weight: 400}], "
            "device_read_bps: [{path: /dev/sdb, rate: 12mb}]}",
            "block_io",
            BlockIo(300, (Throttle("/dev/sda", 400),), (Throttle("/dev/sdb", 12 << 20),)),
        ),
        ("device_cgroup_rules: ['c 1:3 mr']", "device_rules", ("c 1:3 mr",)),
        ("storage_opt: {size: 1G}", "storage_opt", {"size": "1G"}),
        ("links: [db, 'db:base']", "links", (("db", "db"), ("db", "base"))),
        ("external_links: ['old:o']", "external_links", (("old", "o"),)),
        ("volumes_from: [db, 'container:x:ro']", "volumes_from", ("service:db", "container:x:ro")),
        ("network_mode: 'service:db'", "network_mode", "service:db"),
        ("pid: 'container:x'", "pid", "container:x"),
        ("cpu_period: 20ms", "resources", Resources(cpu_period=20_000)),
        ("cpu_rt_runtime: 950000", "resources", Resources(cpu_rt_runtime=950_000)),
        ("mem_swappiness: 0, oom_kill_disable: true", "resources", Resources(swappiness=0, oom_kill_disable=True)),
        (
            "deploy: {resources: {reservations: {cpus: 1.5, memory: 1k, generic_resources: "
            "[{discrete_resource_spec: {kind: SSD, value: 2}}]}}}",
            "resources",
            Resources(memory_reservation=1024, reserved_cpus=1.5, generic=(("SSD", 2),)),
        ),
        (
            "deploy: {placement: {constraints: ['node.labels.zone==north'], preferences: [{spread: node.labels.zone}], "
            "max_replicas_per_node: 2}}",
            "placement",
            Placement(("node.labels.zone==north",), ("node.labels.zone",), 2),
        ),
        (
            "deploy: {update_config: "
            "{parallelism: 0, delay: 5s, monitor: 1m, order: start-first, max_failure_ratio: 0.1}}",
            "update",
            Update(0, 5.0, "rollback", 60.0, 0.1, "start-first"),
        ),
        ("deploy: {rollback_config: {parallelism: 2}}", "rollback", Update(2, failure_action="pause")),
        ("deploy: {mode: global}", "mode", "global"),
        ("deploy: {endpoint_mode: dnsrr}", "endpoint_mode", "dnsrr"),
        ("deploy: {labels: {a: b}}", "deploy_labels", {"a": "b"}),
        ("deploy: {restart_policy: {condition: none, delay: 5s}}, restart: always", "restart", Restart("no")),
        ("credential_spec: {file: a.json}", "security_opt", ("credentialspec=file://a.json",)),
        (
            "networks: {a: {priority: 1}, b: {priority: 9, mac_address: '02:42:ac:11:00:02', driver_opts: {o: 1}, "
            "link_local_ips: [169.254.1.1]}}",
            "networks",
            (
                ServiceNetwork(
                    "b",
                    mac_address="02:42:ac:11:00:02",
                    link_local=("169.254.1.1",),
                    driver_opts={"o": "1"},
                    priority=9,
                ),
                ServiceNetwork("a", priority=1),
            ),
        ),
        ("cgroup: private, cgroup_parent: m.slice", "cgroup_parent", "m.slice"),
        ("uts: host", "uts", "host"),
        ("userns_mode: host", "userns_mode", "host"),
    ],
)
def test_reads(attributes: str, field: str, expected: object) -> None:
    assert getattr(web(attributes), field) == expected


@pytest.mark.parametrize(
    "attributes",
    ["network_mode: 'service:db'", "ipc: 'service:db'", "pid: 'service:db'", "links: [db]", "volumes_from: ['db:ro']"],
)
def test_what_is_shared_comes_first(attributes: str) -> None:
    assert web(attributes).depends_on == (Dependency("db", implied=True),)
    assert web(f"{attributes}, depends_on: {{db: {{condition: service_healthy, restart: true}}}}").depends_on == (
        Dependency("db", "service_healthy", restart=True),
    )


def test_what_counts_in_a_cluster_only_is_noted() -> None:
    text = (
        "services: {web: {image: x, deploy: {endpoint_mode: vip, labels: {a: b}, restart_policy: {delay: 1s}, "
        "resources: {reservations: {cpus: 1}}}, attach: false}}"
    )
    paths = [note.path.removeprefix("services.web.") for note in parse_project(text, {}, "demo").notes]
    assert sorted(paths) == [
        "attach",
        "deploy.endpoint_mode",
        "deploy.labels",
        "deploy.resources.reservations.cpus",
        "deploy.restart_policy.delay",
    ]
