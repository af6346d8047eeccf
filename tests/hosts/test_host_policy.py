"""What the owner of a host forbids is refused in the plan, before anything is sent."""

from typing import Any

import msgspec
import pytest

from engine_agent.protocol.policy import PolicyFact, Rules
from hosts.host_policy import policy_against, policy_lines, policy_of
from hosts.observed import ObservedHost
from tests.hosts.shapes import host, image, one, wanted

PATH = "/etc/pierhead-agent/policy.toml"


def ruled(**rules: Any) -> ObservedHost:
    return host("rock", policy=PolicyFact(PATH, Rules(**rules)))


def against(text: str, there: ObservedHost, *images: Any) -> str:
    wish = wanted(text, *images)
    refusal = policy_against(wish, wish.project.services[0], there)
    return refusal.detail if refusal else ""


def test_a_host_without_a_policy_forbids_nothing() -> None:
    assert against(one(privileged=True), host()) == ""


@pytest.mark.parametrize(
    ("attributes", "rule"),
    [
        ({}, ""),
        ({"privileged": True}, "containers.privileged"),
        ({"network_mode": "host"}, "containers.host_namespaces"),
        ({"cap_add": ["SYS_ADMIN"]}, "containers.capabilities"),
        ({"volumes": ["/etc:/x"]}, "mounts.bind_roots"),
        ({"volumes": ["/srv/app:/x"]}, ""),
        ({"volumes": ["/var/run/docker.sock:/var/run/docker.sock"]}, "mounts.docker_socket"),
        ({"devices": ["/dev/kvm:/dev/kvm"]}, "containers.devices"),
    ],
)
def test_what_a_service_asks_for(attributes: dict[str, Any], rule: str) -> None:
    detail = against(one(**attributes), ruled(bind_roots=("/srv",)))
    assert (rule in detail) if rule else detail == ""


def test_the_refusal_names_host_rule_and_service() -> None:
    wish = wanted(one(privileged=True))
    refusal = policy_against(wish, wish.project.services[0], ruled())
    assert refusal is not None
    assert (refusal.code, refusal.service, refusal.host) == ("host-policy", "web", "rock")
    assert refusal.detail == (
        "web wants to be privileged, which the owner of rock does not allow (rule containers.privileged of its policy)."
    )


def test_limits_that_a_host_asks_for() -> None:
    there = ruled(maximum_memory=2**29)
    assert "no memory limit" in against(one(), there)
    assert against(one(mem_limit="256m"), there) == ""


def test_registries_and_builds() -> None:
    there = ruled(registries=("registry.example",), build=False)
    assert "images.registries" in against(one(), there)
    assert against(one("registry.example/app:1"), there) == ""
    built = image("ours:1", build_sha256="0" * 64)
    assert "images.build" in against(one("ours:1"), there, built)


def test_a_volume_that_is_a_bind_in_disguise() -> None:
    text = (
        '{"services": {"web": {"image": "nginx:1", "volumes": ["data:/x"]}}, "volumes": {"data": {"driver_opts": '
        '{"type": "none", "o": "bind", "device": "/etc"}}}}'
    )
    assert "mounts.bind_roots" in against(text, ruled())


def test_a_policy_that_cannot_be_honoured_refuses_all() -> None:
    there = host("rock", policy=PolicyFact(PATH, None, "line 3: no"))
    assert "cannot be honoured" in against(one(), there)
    assert policy_lines(there.policy) == {}


def test_the_policy_of_stored_facts() -> None:
    fact = PolicyFact(PATH, Rules(privileged=True))
    assert policy_of({"policy": msgspec.to_builtins(fact)}) == fact
    assert policy_of({}) is None
    assert policy_of({"policy": {"new": 1}}) is None
    assert ("privileged", "yes") in policy_lines(fact)["containers"]
