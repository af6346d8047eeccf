"""From compose to a stack on a swarm: specs, placement by platform, what is refused."""

import json
from typing import Any

import pytest

from gallery.compose.parts import SECRET, File
from gallery.compose.types import Update
from hosts.stack import Node, Stack, stack_of
from hosts.stack_checks import Findings
from hosts.wanted import Wanted
from tests.hosts.shapes import DIGEST, image, wanted

LINUX = Node("l", "lin")
OLD = Node("w1", "win-1", "windows", labels={"pierhead.winbuild": "17763"})
NEW = Node("w2", "win-2", "windows", labels={"pierhead.winbuild": "20348"})


def one(**attributes: Any) -> Wanted:
    return wanted(json.dumps({"services": {"web": {"image": "nginx:1", **attributes}}}))


def windows(**attributes: Any) -> Wanted:
    services = {"iis": {"image": "iis:1", **attributes}, "web": {"image": "nginx:1"}}
    return wanted(json.dumps({"services": services}), image("iis:1", "windows/amd64@10.0.20348.1"))


def made(wish: Wanted, *nodes: Node) -> Stack:
    stack, findings = stack_of(wish, nodes or (LINUX,))
    assert stack is not None, findings.refusals
    return stack


def spec(wish: Wanted, *nodes: Node, service: int = 0) -> dict[str, Any]:
    found = made(wish, *nodes).body.services[service].spec
    assert found is not None
    return found


def changed(wish: Wanted, **fields: Any) -> Wanted:
    from dataclasses import replace

    services = (replace(wish.project.services[0], **fields), *wish.project.services[1:])
    return replace(wish, project=replace(wish.project, services=services))


def refused(wish: Wanted, *nodes: Node) -> Findings:
    stack, findings = stack_of(wish, nodes or (LINUX,))
    assert stack is None
    return findings


def test_a_service_has_its_image_by_digest_and_its_labels() -> None:
    found = spec(one(command=["serve"], entrypoint=["/run"], environment={"A": "1"}))
    container = found["TaskTemplate"]["ContainerSpec"]
    assert found["Name"] == "shop_web"
    assert container["Image"] == f"nginx:1@{DIGEST}"
    assert (container["Command"], container["Args"], container["Env"]) == (["/run"], ["serve"], ["A=1"])
    assert container["Labels"]["com.docker.compose.service"] == "web"
    assert found["Labels"]["com.docker.stack.namespace"] == "shop"
    assert found["TaskTemplate"]["Networks"] == [{"Target": "shop_default", "Aliases": ["web"]}]
    assert found["Mode"] == {"Replicated": {"Replicas": 1}}


def test_networks_are_overlays_of_the_stack() -> None:
    [network] = made(one()).body.networks
    assert network.spec is not None
    assert (network.name, network.spec["Driver"], network.spec["Attachable"]) == ("shop_default", "overlay", True)


def test_digests_change_with_the_spec_and_with_the_task_apart() -> None:
    first, more = spec(one()), spec(one(deploy={"replicas": 3}))
    task = "io.pierhead.task"
    labels = [found["TaskTemplate"]["ContainerSpec"]["Labels"][task] for found in (first, more)]
    assert labels[0] == labels[1], "more replicas make no new tasks of those that run"
    assert first["Labels"]["io.pierhead.spec"] != more["Labels"]["io.pierhead.spec"]
    assert spec(one()) == first


def test_update_and_rollback_are_the_swarms_own() -> None:
    update = Update(2, 5.0, "pause", 3.0, 0.5, "start-first")
    found = spec(changed(one(), update=update, rollback=Update(order="start-first")))
    assert found["UpdateConfig"] == {
        "Parallelism": 2,
        "FailureAction": "pause",
        "MaxFailureRatio": 0.5,
        "Order": "start-first",
        "Delay": 5_000_000_000,
        "Monitor": 3_000_000_000,
    }
    assert found["RollbackConfig"]["FailureAction"] == "continue"
    assert spec(one())["UpdateConfig"]["FailureAction"] == "rollback"


def test_a_mixed_cluster_needs_no_constraints_by_hand() -> None:
    placement = spec(windows(), LINUX, NEW)["TaskTemplate"]["Placement"]
    assert placement["Constraints"] == ["node.platform.os==windows"]
    assert placement["Platforms"] == [{"OS": "windows", "Architecture": "amd64"}]
    assert spec(windows(), LINUX, NEW, service=1)["TaskTemplate"]["Placement"]["Constraints"] == [
        "node.platform.os==linux"
    ]
    assert "Constraints" not in spec(one())["TaskTemplate"]["Placement"]


def test_where_windows_builds_differ_the_right_one_is_named() -> None:
    constraints = spec(windows(), LINUX, OLD, NEW)["TaskTemplate"]["Placement"]["Constraints"]
    assert constraints == ["node.platform.os==windows", "node.labels.pierhead.winbuild==20348"]


def test_windows_gets_names_without_virtual_addresses_and_ports_in_host_mode() -> None:
    endpoint = spec(windows(ports=["8080:80"]), LINUX, NEW)["EndpointSpec"]
    assert endpoint["Mode"] == "dnsrr"
    assert endpoint["Ports"] == [{"Protocol": "tcp", "TargetPort": 80, "PublishMode": "host", "PublishedPort": 8080}]


def test_virtual_addresses_and_the_mesh_are_planned_and_told() -> None:
    stack = made(one(ports=["8080:80"]))
    endpoint = spec(one(ports=["8080:80"]))["EndpointSpec"]
    assert (endpoint["Mode"], endpoint["Ports"][0]["PublishMode"]) == ("vip", "ingress")
    assert any("routing mesh" in warning for warning in stack.warnings)
    assert any(
        "host mode" in warning for warning in made(changed(one(ports=["80:80"]), endpoint_mode="dnsrr")).warnings
    )


def test_secrets_carry_a_digest_in_their_name() -> None:
    file = File(SECRET, "token", "/run/secrets/token", "open-sesame", mode=0o400)
    stack = made(changed(one(), files=(file,)))
    [secret] = stack.body.secrets
    assert secret.name.startswith("shop_token_")
    container = stack.body.services[0].spec["TaskTemplate"]["ContainerSpec"]  # type: ignore[index]
    assert container["Secrets"][0]["SecretName"] == secret.name
    assert container["Secrets"][0]["File"]["Name"] == "/run/secrets/token"
    other = made(changed(one(), files=(File(SECRET, "token", "/run/secrets/token", "other"),)))
    assert other.body.secrets[0].name != secret.name


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        ({"privileged": True}, "privileged"),
        ({"container_name": "web"}, "container_name"),
        ({"devices": ["/dev/fuse"]}, "devices"),
        ({"network_mode": "none"}, "network_mode"),
        ({"ports": ["127.0.0.1:80:80"]}, "every address of a node"),
    ],
)
def test_what_a_swarm_service_cannot_have_is_refused_by_name(attributes: dict[str, Any], word: str) -> None:
    [refusal] = refused(one(**attributes)).refusals
    assert (refusal.code, word in refusal.detail) == ("not-in-a-cluster", True)


def test_a_platform_no_node_has_and_no_node_at_all() -> None:
    assert refused(windows(), LINUX).refusals[0].code == "platform-mismatch"
    assert refused(one(), Node("x", "x", ready=False)).refusals[0].code == "no-host"


def test_two_services_cannot_publish_one_port_in_a_cluster() -> None:
    text = {name: {"image": "nginx:1", "ports": ["8080:80"]} for name in ("a", "b")}
    assert refused(wanted(json.dumps({"services": text}))).refusals[0].code == "port-twice"


def test_what_deserves_a_word() -> None:
    text = {
        "services": {
            "web": {"image": "nginx:1", "depends_on": ["db"]},
            "db": {"image": "nginx:1", "volumes": ["data:/d"]},
        },
        "volumes": {"data": {}},
    }
    warnings = " ".join(made(wanted(json.dumps(text))).warnings)
    assert "depends_on is not waited for" in warnings
    assert "each node has its own" in warnings
