"""Requests of a Docker client against the rules: by their path, their query and their body."""

import json
from typing import Any

import pytest

from engine_agent.protocol.policy import Rules, decide_request
from engine_agent.protocol.policy.requests import action_of, reads_body

STRICT = Rules()
FORM = "application/x-www-form-urlencoded"


def rule_of(line: str, body: Any = None, rules: Rules = STRICT, **more: Any) -> str:
    method, _, target = line.partition(" ")
    path, _, query = target.partition("?")
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    refusal = decide_request(rules, method, path, query, raw, **more)
    return refusal.rule if refusal else ""


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("GET /v1.41/containers/json", "read"),
        ("HEAD /_ping", "read"),
        ("POST /v1.41/containers/create", "create"),
        ("POST /containers/create", "create"),
        ("POST /v1.45//containers/create/", "create"),
        ("POST /v1.41/%63ontainers/create", "create"),
        ("POST /v1.41/containers/web/start", "start"),
        ("POST /v1.41/containers/web/resize", "read"),
        ("DELETE /v1.41/containers/web", "remove"),
        ("GET /v1.41/containers/web/attach/ws", "attach"),
        ("PUT /v1.41/containers/web/archive", "copy_in"),
        ("POST /v1.41/images/registry.example:5000/team/app/push", "push"),
        ("DELETE /v1.41/images/registry.example:5000/team/app:1", "image_remove"),
        ("POST /v1.41/exec/abc/start", "exec"),
        ("POST /v1.41/swarm/init", "swarm"),
        ("POST /v1.41/plugins/pull", "plugins"),
        ("POST /session", "build"),
        ("POST /v1.41/containers/web/checkpoints", ""),
        ("POST /v1.99/new/thing", ""),
        ("POST /v1.2.3/containers/create", ""),
    ],
)
def test_the_word_of_a_request(line: str, word: str) -> None:
    method, _, path = line.partition(" ")
    assert action_of(method, path) == word


def test_what_is_not_known_and_changes_something_is_refused() -> None:
    assert rule_of("POST /v1.99/new/thing") == "commands.allowed"
    assert rule_of("GET /v1.99/new/thing") == ""


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"Image": "x"}, ""),
        ({"HostConfig": {"Privileged": True}}, "containers.privileged"),
        ({"hostconfig": {"PRIVILEGED": True}}, "containers.privileged"),
        ({"Ho\u017ftConfig": {"Privileged": True}}, "containers.privileged"),
        (b'{"HostConfig": {"Privileged": true}, "HostConfig": {}}', "commands.allowed"),
        (b'{"HostConfig": {}} {"HostConfig": {"Privileged": true}}', "commands.allowed"),
        (b"not json", "commands.allowed"),
        (b"[]", "commands.allowed"),
        (b"null", ""),
        (b"", ""),
        (b"[" * 100_000, "commands.allowed"),
        (b" " * (5 * 2**20), "commands.allowed"),
        ({"HostConfig": []}, "commands.allowed"),
        ({"Labels": {"a": "1", "A": "2"}}, ""),
    ],
)
def test_creating_a_container(body: Any, rule: str) -> None:
    assert rule_of("POST /v1.41/containers/create?name=x", body) == rule


def test_a_start_with_a_body_as_old_clients_send_it() -> None:
    assert rule_of("POST /v1.20/containers/x/start", {"Binds": ["/etc:/x"]}) == "mounts.bind_roots"
    assert rule_of("POST /v1.41/containers/x/start?checkpoint=a&checkpoint-dir=/tmp") == "mounts.bind_roots"
    assert rule_of("POST /v1.41/containers/x/start") == ""


@pytest.mark.parametrize(
    ("line", "body", "rule"),
    [
        ("POST /containers/x/exec", {"Cmd": ["sh"]}, ""),
        ("POST /containers/x/exec", {"Cmd": ["sh"], "privileged": True}, "containers.privileged"),
        ("POST /volumes/create", {"DriverOpts": {"o": "bind", "device": "/etc"}}, "mounts.bind_roots"),
        ("POST /volumes/create", {"Name": "x"}, ""),
        ("POST /volumes/create", {"Driver": "sshfs"}, "mounts.volume_drivers"),
        ("POST /networks/create", {"Driver": "ipvlan"}, "containers.host_namespaces"),
        ("POST /networks/create", {"Driver": "bridge"}, ""),
        ("POST /build?networkmode=host", None, "containers.host_namespaces"),
        ("POST /build?remote=https://x.example/y.git", None, "images.build_remote"),
        ("POST /build?t=x", None, ""),
        ("POST /build?cgroupparent=/x", None, "containers.maximum_memory"),
        ("POST /grpc", None, "containers.host_namespaces"),
        ("POST /swarm/join", {}, "commands.swarm"),
        ("POST /services/create", {}, "commands.swarm"),
        ("POST /plugins/x/enable", None, "commands.plugins"),
        ("POST /images/create?fromImage=nginx&tag=1", None, ""),
        ("GET /containers/x/logs?stdout=1", None, ""),
        ("POST /containers/../images/create?fromImage=x", None, "commands.allowed"),
    ],
)
def test_requests_of_a_strict_host(line: str, body: Any, rule: str) -> None:
    assert rule_of(line, body) == rule


@pytest.mark.parametrize(
    ("line", "rules", "rule"),
    [
        ("POST /images/create?fromImage=nginx", Rules(registries=("registry.example",)), "images.registries"),
        ("POST /images/create?fromImage=registry.example/a", Rules(registries=("registry.example",)), ""),
        (
            "POST /images/create?fromImage=registry.example/a&fromImage=evil/b",
            Rules(registries=("evil",)),
            "images.reg",
        ),
        ("POST /images/create?fromImage=a;fromImage=b", Rules(), "commands.allowed"),
        ("POST /images/create?fromSrc=-", Rules(registries=("registry.example",)), "images.load"),
        ("POST /images/load", Rules(registries=("registry.example",)), "images.load"),
        ("POST /images/load", Rules(), ""),
        ("POST /build", Rules(build=False), "images.build"),
        ("POST /session", Rules(build=False), "images.build"),
        ("POST /containers/x/exec", Rules(exec=False), "containers.exec"),
        ("POST /containers/x/attach?stdin=1", Rules(exec=False), "containers.exec"),
        ("GET /containers/x/attach/ws", Rules(exec=False), "containers.exec"),
        ("POST /containers/x/kill", Rules(allowed=("start",)), "commands.allowed"),
        ("POST /containers/x/start", Rules(allowed=("start",)), ""),
        ("GET /containers/json", Rules(allowed=("start",)), ""),
        ("POST /grpc", Rules(host_namespaces=("network",)), ""),
        ("POST /swarm/init", Rules(swarm=True), ""),
        ("POST /plugins/pull", Rules(plugins=True), ""),
    ],
)
def test_requests_of_hosts_with_rules(line: str, rules: Rules, rule: str) -> None:
    assert rule_of(line, None, rules).startswith(rule)
    assert bool(rule_of(line, None, rules)) == bool(rule)


def test_a_form_in_the_body_would_count_before_the_query() -> None:
    assert rule_of("POST /images/create?fromImage=x", content_type=FORM) == "commands.allowed"
    assert rule_of("POST /images/create?fromImage=x", content_type="application/json") == ""


def test_limits_of_new_and_changed_containers() -> None:
    rules = Rules(maximum_memory=2**30)
    update = "POST /containers/x/update"
    assert rule_of("POST /containers/create", {}, rules) == "containers.maximum_memory"
    assert rule_of("POST /containers/create", {"HostConfig": {"Memory": 2**20}}, rules) == ""
    assert rule_of(update, {"RestartPolicy": {"Name": "always"}}, rules) == ""
    assert rule_of(update, {"Memory": 2**31}, rules) == "containers.maximum_memory"
    assert rule_of(update, {"Memory": 0}, rules) == "containers.maximum_memory"


def test_the_number_of_containers() -> None:
    rules = Rules(maximum_containers=3)
    assert rule_of("POST /containers/create", {}, rules, containers=2) == ""
    assert rule_of("POST /containers/create", {}, rules, containers=3) == "containers.maximum_containers"


@pytest.mark.parametrize(
    ("template", "rule"),
    [
        ({"ContainerSpec": {"Image": "x"}}, ""),
        ({"ContainerSpec": {"Mounts": [{"Type": "bind", "Source": "/etc"}]}}, "mounts.bind_roots"),
        ({"ContainerSpec": {"CapabilityAdd": ["CAP_SYS_ADMIN"]}}, "containers.capabilities"),
        ({"ContainerSpec": {"Privileges": {"AppArmor": {"Mode": "disabled"}}}}, "containers.security_options"),
        ({"Networks": [{"Target": "host"}]}, "containers.host_namespaces"),
        ({"PluginSpec": {"Name": "x"}}, "commands.plugins"),
    ],
)
def test_services_of_a_swarm(template: dict[str, Any], rule: str) -> None:
    assert rule_of("POST /services/create", {"TaskTemplate": template}, Rules(swarm=True)) == rule
    assert rule_of("POST /services/abc/update?version=1", {"TaskTemplate": template}, Rules(swarm=True)) == rule


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("POST /v1.41/containers/create", True),
        ("POST /v1.41/containers/x/start", True),
        ("POST /v1.41/containers/x/exec", True),
        ("POST /services/create", True),
        ("POST /build", False),
        ("POST /images/load", False),
        ("PUT /containers/x/archive", False),
        ("GET /containers/json", False),
    ],
)
def test_which_bodies_are_read(line: str, needed: bool) -> None:
    method, _, path = line.partition(" ")
    assert reads_body(method, path) is needed
