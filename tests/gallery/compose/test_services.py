"""What a service may say, and the typed value it becomes."""

from typing import Any

import pytest

from gallery.compose.parse import parse_project
from gallery.compose.types import (
    Dependency,
    Device,
    Healthcheck,
    Logging,
    Project,
    Resources,
    Restart,
    Service,
    ServiceNetwork,
    Ulimit,
)


def project(body: str, **values: str) -> Project:
    return parse_project(body, values, "demo")


def service(lines: str) -> Service:
    """The service of a text whose attributes are `lines`."""
    indented = "\n".join(f"    {line}" for line in lines.splitlines())
    return project(f"services:\n  web:\n    image: nginx\n{indented}\n").services[0]


@pytest.mark.parametrize(
    ("lines", "attribute", "expected"),
    [
        ("command: nginx -g 'daemon off;'", "command", ("nginx", "-g", "daemon off;")),
        ("command: [nginx, -g, daemon off;]", "command", ("nginx", "-g", "daemon off;")),
        ("command: []", "command", ()),
        ("command:", "command", None),
        ("entrypoint: /bin/sh -c", "entrypoint", ("/bin/sh", "-c")),
        (
            "environment: {A: 1, B: 'two', C: 1.10, D: true}",
            "environment",
            {"A": "1", "B": "two", "C": "1.10", "D": "true"},
        ),
        ("environment: [A=1, B=a=b, C=]", "environment", {"A": "1", "B": "a=b", "C": ""}),
        ("labels: [a.b=c, flag]", "labels", {"a.b": "c", "flag": ""}),
        ("labels: {x-kept: 1}", "labels", {"x-kept": "1"}),
        ("annotations: {a: b}", "annotations", {"a": "b"}),
        ("restart: always", "restart", Restart("always")),
        ("restart: 'no'", "restart", Restart("no")),
        ("restart: no", "restart", Restart("no")),
        ("restart: on-failure:3", "restart", Restart("on-failure", 3)),
        ("restart: unless-stopped", "restart", Restart("unless-stopped")),
        ("deploy: {restart_policy: {condition: on-failure, max_attempts: 5}}", "restart", Restart("on-failure", 5)),
        ("deploy: {restart_policy: {condition: any}}", "restart", Restart("always")),
        ("cpus: 0.5", "resources", Resources(cpus=0.5)),
        ("mem_limit: 512m", "resources", Resources(memory=512 << 20)),
        ("mem_limit: 1.5gb", "resources", Resources(memory=1_610_612_736)),
        ("memswap_limit: -1", "resources", Resources(memory_swap=-1)),
        ("pids_limit: 100", "resources", Resources(pids=100)),
        ("cpu_shares: 512\ncpuset: 0-1", "resources", Resources(cpu_shares=512, cpuset="0-1")),
        (
            "deploy: {resources: {limits: {cpus: '1', memory: 64M, pids: 9}, reservations: {memory: 32M}}}",
            "resources",
            Resources(cpus=1.0, memory=64 << 20, memory_reservation=32 << 20, pids=9),
        ),
        ("mem_limit: 64m\ndeploy: {resources: {limits: {memory: 64M}}}", "resources", Resources(memory=64 << 20)),
        ("deploy: {replicas: 3}", "replicas", 3),
        ("scale: 2", "replicas", 2),
        ("deploy: {mode: replicated}", "replicas", 1),
        ("hostname: web1", "hostname", "web1"),
        ("user: '1000:1000'", "user", "1000:1000"),
        ("user: 1000", "user", "1000"),
        ("working_dir: /app", "working_dir", "/app"),
        ("init: true", "init", True),
        ("init: 'no'", "init", False),
        ("tty: true", "tty", True),
        ("stdin_open: true", "stdin_open", True),
        ("read_only: true", "read_only", True),
        ("privileged: true", "privileged", True),
        ("stop_grace_period: 1m30s", "stop_grace_period", 90.0),
        ("stop_grace_period: 500ms", "stop_grace_period", 0.5),
        ("stop_signal: SIGINT", "stop_signal", "SIGINT"),
        ("cap_add: [NET_ADMIN]\ncap_drop: [ALL]", "cap_add", ("NET_ADMIN",)),
        ("security_opt: [no-new-privileges:true]", "security_opt", ("no-new-privileges:true",)),
        ("group_add: [audio, 44]", "group_add", ("audio", "44")),
        ("sysctls: {net.core.somaxconn: 1024}", "sysctls", {"net.core.somaxconn": "1024"}),
        (
            "ulimits: {nproc: 65535, nofile: {soft: 1, hard: 2}}",
            "ulimits",
            (Ulimit("nproc", 65535, 65535), Ulimit("nofile", 1, 2)),
        ),
        (
            "devices: ['/dev/kvm', '/dev/a:/dev/b:r']",
            "devices",
            (Device("/dev/kvm", "/dev/kvm"), Device("/dev/a", "/dev/b", "r")),
        ),
        ("devices: [{source: /dev/a}]", "devices", (Device("/dev/a", "/dev/a"),)),
        ("shm_size: 64m", "shm_size", 64 << 20),
        ("extra_hosts: ['a:1.2.3.4', 'b=::1']", "hosts", ("a:1.2.3.4", "b:::1")),
        ("extra_hosts: {a: 1.2.3.4}", "hosts", ("a:1.2.3.4",)),
        ("dns: 1.1.1.1", "dns", ("1.1.1.1",)),
        ("dns: [1.1.1.1, 9.9.9.9]", "dns", ("1.1.1.1", "9.9.9.9")),
        ("dns_search: [example]\ndns_opt: ['ndots:1']", "dns_search", ("example",)),
        (
            "logging: {driver: json-file, options: {max-size: 10m, max-file: 3}}",
            "logging",
            Logging("json-file", {"max-size": "10m", "max-file": "3"}),
        ),
        ("platform: linux/amd64", "platform", "linux/amd64"),
        ("isolation: hyperv", "isolation", "hyperv"),
        ("runtime: runsc", "runtime", "runsc"),
        ("pull_policy: always", "pull_policy", "always"),
        ("pull_policy: if_not_present", "pull_policy", "missing"),
        ("container_name: my.web-1", "container_name", "my.web-1"),
        ("network_mode: host", "networks", ()),
        ("network_mode: none", "network_mode", "none"),
        ("pid: host", "pid", "host"),
        ("ipc: shareable", "ipc", "shareable"),
        ("mac_address: 02:42:ac:11:00:02", "mac_address", "02:42:ac:11:00:02"),
        ("oom_score_adj: -500", "oom_score_adj", -500),
        ("domainname: example.test", "domainname", "example.test"),
        ("expose: [3000, '4000-4001/udp']", "expose", ("3000/tcp", "4000/udp", "4001/udp")),
        ("healthcheck: {test: [CMD, true]}", "healthcheck", Healthcheck(("CMD", "true"))),
        ("healthcheck: {test: curl -f localhost}", "healthcheck", Healthcheck(("CMD-SHELL", "curl -f localhost"))),
        ("healthcheck: {disable: true}", "healthcheck", Healthcheck(("NONE",))),
        (
            "healthcheck: {interval: 10s, timeout: 3s, start_period: 1m, retries: 4}",
            "healthcheck",
            Healthcheck((), 10.0, 3.0, 60.0, 4),
        ),
    ],
)
def test_reads_each_attribute(lines: str, attribute: str, expected: Any) -> None:
    assert getattr(service(lines), attribute) == expected


def test_a_bare_service_has_the_defaults() -> None:
    assert service("") == Service(name="web", image="nginx", line=2, networks=(ServiceNetwork("default"),))


def test_services_keep_their_order_and_place() -> None:
    found = project("services:\n  b: {image: x}\n  a: {image: y}\n").services
    assert [(one.name, one.line) for one in found] == [("b", 2), ("a", 3)]


def test_environment_names_without_value_take_the_given_value() -> None:
    text = "services: {web: {image: x, environment: [TOKEN]}}"
    assert project(text, TOKEN="abc").services[0].environment == {"TOKEN": "abc"}


def test_depends_on_in_both_forms() -> None:
    text = """
services:
  web: {image: a, depends_on: [db]}
  job: {image: b, depends_on: {db: {condition: service_healthy}, gone: {condition: service_started, required: false}}}
  db: {image: c}
"""
    found = project(text)
    assert found.service("web").depends_on == (Dependency("db"),)
    assert found.service("job").depends_on == (Dependency("db", "service_healthy"),)


def test_x_names_are_left_out_everywhere_an_attribute_may_stand() -> None:
    text = """
x-common: &common {restart: always, x-note: hidden}
services:
  web: {image: a, <<: *common, x-more: {any: thing}, healthcheck: {x-why: because}}
x-end: ${THIS_IS_NOT_LOOKED_AT}
"""
    assert project(text).services[0].restart == Restart("always")


def test_own_keys_win_over_merged_ones() -> None:
    text = """
x-a: &a {restart: always, user: one}
x-b: &b {user: two, hostname: b}
services: {web: {image: i, <<: [*a, *b], restart: 'no'}}
"""
    found = project(text).services[0]
    assert (found.restart, found.user, found.hostname) == (Restart("no"), "one", "b")


def test_the_name_of_the_text_holds_unless_another_is_given() -> None:
    text = "name: from-text\nservices: {web: {image: x}}"
    assert parse_project(text).name == "from-text"
    assert parse_project(text, name="given").name == "given"


def test_version_is_a_note() -> None:
    assert project("version: '3.7'\nservices: {web: {image: x}}").services[0].image == "x"


def test_service_by_name() -> None:
    found = project("services: {web: {image: x}}")
    assert found.service("web").image == "x"
    with pytest.raises(KeyError):
        found.service("db")
