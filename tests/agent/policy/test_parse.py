"""A policy file becomes rules, or every mistake is told with its line and key."""

import pytest

from engine_agent.policy import PolicyError, parse
from engine_agent.protocol.policy import ACTIONS, Rules
from engine_agent.protocol.policy.rules import RULE, TABLES
from engine_agent.protocol.policy.words import lines

EVERYTHING = """\
[mounts]
bind_roots = ["/srv", "/var/log:ro", 'C:\\data']
docker_socket = true
volumes_from = true
volume_drivers = ["*"]

[containers]
privileged = true
host_namespaces = ["network", "pid"]
devices = ["/dev/dri*", "nvidia"]
capabilities = ["CAP_NET_ADMIN", "sys_time"]
security_options = ["seccomp=*"]
runtimes = ["runc", "nvidia"]
exec = false
maximum_cpus = 2
maximum_memory = "1.5GiB"
maximum_containers = 20

[images]
registries = ["docker.io", "Registry.example:5000"]
build = false
build_remote = true
load = true

[commands]
allowed = ["deploy", "remove_project", "start", "exec"]
swarm = true
plugins = true
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse(text)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_every_key_is_read() -> None:
    rules = parse(EVERYTHING)
    assert rules.bind_roots == ("/srv", "/var/log:ro", "C:\\data")
    assert rules.capabilities == ("NET_ADMIN", "SYS_TIME")
    assert (rules.maximum_cpus, rules.maximum_memory, rules.maximum_containers) == (2.0, 3 * 2**29, 20)
    assert rules.registries == ("docker.io", "registry.example:5000")
    assert rules.allowed == ("deploy", "remove_project", "start", "exec")
    for field in RULE:
        assert getattr(rules, field) != getattr(Rules(), field), field


def test_every_field_of_the_rules_has_its_place_in_the_file() -> None:
    assert set(RULE) == set(Rules.__struct_fields__)
    assert sum(len(fields) for fields in TABLES.values()) == len(RULE)


def test_an_empty_file_forbids_what_reaches_out_and_leaves_the_rest_free() -> None:
    rules = parse("# nothing special here\n")
    assert rules == Rules()
    assert not any((rules.privileged, rules.docker_socket, rules.swarm, rules.plugins, rules.bind_roots))
    assert rules.registries is None
    assert rules.exec
    assert rules.may_load


def test_restricted_registries_close_the_way_around_them() -> None:
    assert not parse('[images]\nregistries = ["docker.io"]').may_load
    assert parse('[images]\nregistries = ["docker.io"]\nload = true').may_load


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[containers]\nprivileged = 1", "line 2: containers.privileged: write true or false"),
        ("[containers]\n\nprivilegd = true", "line 3: containers.privilegd: there is no such key; [containers] has"),
        ("[container]\nprivileged = true", "line 1: container: there is no such table; there are [mounts]"),
        ("privileged = true", "line 1: privileged: there is no such table"),
        ("[mounts]\nbind_roots = ['srv']", "line 2: mounts.bind_roots: “srv” is no absolute path"),
        ("[mounts]\nbind_roots = ['/srv/*']", "line 2: mounts.bind_roots: “/srv/*”: a folder allows all below it"),
        ("[mounts]\nbind_roots = ['/srv/../etc']", "line 2: mounts.bind_roots: “/srv/../etc” goes up"),
        ("[mounts]\nbind_roots = '/srv'", "line 2: mounts.bind_roots: write a list of words"),
        ("[mounts]\nbind_roots = ['']", "line 2: mounts.bind_roots: write a list of words"),
        ("mounts.bind_roots = [3]", "line 1: mounts.bind_roots: write a list of words"),
        ("[containers]\nhost_namespaces = ['net']", "line 2: containers.host_namespaces: “net” is not known"),
        ("[containers]\nmaximum_memory = 'lots'", "line 2: containers.maximum_memory: write a size"),
        ("[containers]\nmaximum_memory = 12", "line 2: containers.maximum_memory: write a size"),
        ("[containers]\nmaximum_cpus = 0", "line 2: containers.maximum_cpus: write a number of cores"),
        ("[containers]\nmaximum_cpus = true", "line 2: containers.maximum_cpus: write a number of cores"),
        ("[containers]\nmaximum_containers = -1", "line 2: containers.maximum_containers: write a whole number"),
        ("[images]\nregistries = ['docker.io/library']", "line 2: images.registries: “docker.io/library” is no reg"),
        ("[commands]\nallowed = ['deplyo']", "line 2: commands.allowed: “deplyo” is not known"),
        ("[mounts\n", "line 1: this is not TOML"),
        ("[mounts]\na = [1,\n\n", "this is not TOML"),
        ("x" * 300_000, "a policy is at most 256 KiB"),
    ],
)
def test_mistakes(text: str, expected: str) -> None:
    [mistake] = mistakes(text)
    assert mistake.startswith(expected) or (not expected.startswith("line") and expected in mistake), mistake


def test_every_mistake_is_told_at_once_in_the_order_of_the_file() -> None:
    text = "[images]\nbuild = 'no'\n\n[mounts]\nbind_roots = ['srv']\nnew = 1\n"
    assert [one.split(":")[0] for one in mistakes(text)] == ["line 2", "line 5", "line 6"]


@pytest.mark.parametrize(
    ("written", "size"), [("512MiB", 2**29), ("512m", 2**29), ("2 GB", 2**31), ("1.5g", 3 * 2**29), (8388608, 2**23)]
)
def test_sizes(written: str | int, size: int) -> None:
    assert parse(f"[containers]\nmaximum_memory = {written!r}").maximum_memory == size


def test_the_words_of_commands_queries_and_clients_are_known() -> None:
    for word in ("deploy", "container_logs", "start", "exec", "pull"):
        assert word in ACTIONS


def test_rules_in_words() -> None:
    told = dict(lines(parse(EVERYTHING)))
    assert told["mounts.bind_roots"] == "/srv, /var/log:ro, C:\\data"
    assert told["containers.maximum_memory"] == "1536 MiB"
    assert told["containers.exec"] == "no"
    plain = dict(lines(Rules()))
    assert (plain["mounts.bind_roots"], plain["images.registries"]) == ("none", "any")
    assert (plain["images.load"], plain["containers.maximum_cpus"]) == ("yes", "any")
