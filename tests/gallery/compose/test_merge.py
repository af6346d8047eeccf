"""Several files of one project: later ones over earlier ones, as the specification merges them."""

import pytest

from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import load_project
from gallery.compose.sources import Sources
from gallery.compose.types import Logging, Mount, Port, Service, Ulimit


def merged(base: str, over: str) -> Service:
    """The service web of two files with these attributes."""
    texts = [
        f"services: {{db: {{image: d}}, web: {{image: x, {part}}}}}\nvolumes: {{aa: , bb: }}" for part in (base, over)
    ]
    texts = [text.replace("{image: x, }", "{image: x}") for text in texts]
    sources = Sources({"compose.yaml": texts[0], "over.yaml": texts[1]}, ("compose.yaml", "over.yaml"))
    return load_project(sources, "demo").service("web")


@pytest.mark.parametrize(
    ("base", "over", "attribute", "expected"),
    [
        ("user: a", "user: b", "user", "b"),
        ("user: a", "", "user", "a"),
        ("command: [a, b]", "command: [c]", "command", ("c",)),
        ("entrypoint: a b", "entrypoint: [c]", "entrypoint", ("c",)),
        ("cap_add: [A, B]", "cap_add: [B, C]", "cap_add", ("A", "B", "C")),
        ("expose: ['80']", "expose: ['81']", "expose", ("80/tcp", "81/tcp")),
        ("dns: 1.1.1.1", "dns: [9.9.9.9]", "dns", ("1.1.1.1", "9.9.9.9")),
        ("environment: [A=1, B=2]", "environment: {B: 3, C: 4}", "environment", {"A": "1", "B": "3", "C": "4"}),
        ("labels: {a: b}", "labels: [a=c, d=e]", "labels", {"a": "c", "d": "e"}),
        ("sysctls: {a: 1}", "sysctls: [a=2]", "sysctls", {"a": "2"}),
        ("ports: ['80:80']", "ports: ['80:80', '81:81']", "ports", (Port(80, "80"), Port(81, "81"))),
        (
            "volumes: ['aa:/d', 'aa:/e']",
            "volumes: ['bb:/d']",
            "mounts",
            (Mount("volume", "/d", "bb"), Mount("volume", "/e", "aa")),
        ),
        (
            "volumes: ['aa:/d']",
            "volumes: [{type: volume, source: bb, target: /d}]",
            "mounts",
            (Mount("volume", "/d", "bb"),),
        ),
        (
            "logging: {driver: l, options: {a: 1}}",
            "logging: {driver: l, options: {b: 2}}",
            "logging",
            Logging("l", {"a": "1", "b": "2"}),
        ),
        ("logging: {driver: l, options: {a: 1}}", "logging: {driver: m}", "logging", Logging("m", {})),
        ("logging: {driver: l}", "logging: {options: {b: 2}}", "logging", Logging("l", {"b": "2"})),
        ("ulimits: {nofile: {soft: 1, hard: 2}}", "ulimits: {nofile: 5}", "ulimits", (Ulimit("nofile", 5, 5),)),
        ("extra_hosts: {a: 1.1.1.1}", "extra_hosts: ['b:2.2.2.2']", "hosts", ("a:1.1.1.1", "b:2.2.2.2")),
        ("tmpfs: /run", "tmpfs: [/tmp]", "tmpfs", {"/run": "", "/tmp": ""}),
        ("ports: ['80:80']", "ports: !reset []", "ports", ()),
        ("ports: ['80:80']", "ports: !override ['81:81']", "ports", (Port(81, "81"),)),
        ("environment: {A: 1, B: 2}", "environment: {A: !reset null}", "environment", {"B": "2"}),
        ("environment: {A: 1}", "environment: !override {B: 2}", "environment", {"B": "2"}),
        ("user: a", "user: !reset ''", "user", ""),
        ("user: a", "user: ", "user", "a"),
    ],
)
def test_attributes(base: str, over: str, attribute: str, expected: object) -> None:
    assert getattr(merged(base, over), attribute) == expected


def test_networks_and_dependencies_in_both_forms() -> None:
    files = {
        "compose.yaml": "services: {db: {image: d}, web: {image: x, networks: [one], depends_on: [db]}}\n"
        "networks: {one: }",
        "over.yaml": "services: {web: {networks: {two: {aliases: [w]}}, depends_on: {db: {restart: true}}}}\n"
        "networks: {two: }",
    }
    web = load_project(Sources(files, tuple(files)), "demo").service("web")
    assert [(one.key, one.aliases) for one in web.networks] == [("one", ()), ("two", ("w",))]
    assert [(one.service, one.restart) for one in web.depends_on] == [("db", True)]


def test_a_health_test_is_replaced_and_its_times_are_kept() -> None:
    check = merged("healthcheck: {test: [CMD, a], interval: 5s}", "healthcheck: {test: b}").healthcheck
    assert check is not None
    assert (check.test, check.interval) == (("CMD-SHELL", "b"), 5.0)


def test_new_services_networks_and_volumes_come_along() -> None:
    files = {
        "compose.yaml": "services: {web: {image: x}}",
        "over.yaml": "services: {db: {image: d, volumes: ['data:/d']}}\nvolumes: {data: {driver: special}}",
    }
    project = load_project(Sources(files, tuple(files)), "demo")
    assert [service.name for service in project.services] == ["web", "db"]
    assert project.volumes["data"].driver == "special"


def test_a_service_can_be_reset() -> None:
    files = {
        "compose.yaml": "services: {web: {image: x}, db: {image: d}}",
        "over.yaml": "services: {db: !reset null}",
    }
    assert [one.name for one in load_project(Sources(files, tuple(files)), "demo").services] == ["web"]


def test_ipam_is_merged_by_subnet() -> None:
    files = {
        "compose.yaml": "services: {web: {image: x, networks: [n]}}\n"
        "networks: {n: {ipam: {config: [{subnet: 10.1.0.0/16, gateway: 10.1.0.1}]}}}",
        "over.yaml": "networks: {n: {ipam: {config: "
        "[{subnet: 10.1.0.0/16, gateway: 10.1.0.2}, {subnet: 10.2.0.0/16}]}}}",
    }
    pools = load_project(Sources(files, tuple(files)), "demo").networks["n"].ipam
    assert [(pool.subnet, pool.gateway) for pool in pools] == [("10.1.0.0/16", "10.1.0.2"), ("10.2.0.0/16", "")]


def test_what_does_not_go_together_is_refused_with_both_places() -> None:
    with pytest.raises(ComposeInvalid) as caught:
        merged("healthcheck: {retries: 1}", "healthcheck: [a]")
    refusal = caught.value.refusals[0]
    assert (refusal.file, refusal.path) == ("over.yaml", "services.web.healthcheck")
    assert refusal.message == "This cannot be merged with what stands in the main file, line 1."
    assert "!override" in refusal.remedy


def test_errors_name_the_file() -> None:
    files = {
        "compose.yaml": "services: {web: {image: x}}",
        "over.yaml": "services:\n  web:\n    prots: [1]\n    user: ${NO}\n",
    }
    with pytest.raises(ComposeInvalid) as caught:
        load_project(Sources(files, tuple(files)), "demo")
    assert [str(one).partition(":")[0] for one in caught.value.refusals] == [
        "over.yaml, services.web.prots, line 3, column 5",
        "over.yaml, services.web.user, line 4, column 11",
    ]


def test_marks_of_merging_work_in_a_single_file() -> None:
    files = {"compose.yaml": "services: {web: {image: x, user: !reset null, ports: !override ['80:80']}}"}
    web = load_project(Sources(files), "demo").service("web")
    assert (web.user, web.ports) == ("", (Port(80, "80"),))


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ComposeInvalid, match=r"no file “over.yaml”"):
        load_project(Sources({"compose.yaml": "services: {web: {image: x}}"}, ("compose.yaml", "over.yaml")), "demo")
