"""docker run lines become compose; what has no meaning is told, what cannot be converted is refused by name."""

import pytest

from gallery.compose.convert import flags
from gallery.compose.convert.docker_run import HANDLERS, docker_run_to_compose
from gallery.compose.errors import ComposeInvalid, Refusal
from gallery.compose.parse import parse_project
from gallery.compose.parts import Throttle
from gallery.compose.types import (
    BlockIo,
    DeviceRequest,
    Healthcheck,
    Logging,
    Mount,
    Port,
    Resources,
    Restart,
    Service,
    ServiceNetwork,
    Ulimit,
)


def service(line: str, **values: str) -> Service:
    """The service of the text that a line becomes, read again."""
    return parse_project(docker_run_to_compose(line).compose, values, "demo").services[0]


@pytest.mark.parametrize(
    ("arguments", "field", "expected"),
    [
        ("-p 8080:80 -p 127.0.0.1:53:53/udp x", "ports", (Port(80, "8080"), Port(53, "53", "127.0.0.1", "udp"))),
        ("-p8080:80 x", "ports", (Port(80, "8080"),)),
        ("--publish=80 x", "ports", (Port(80),)),
        ("-e A=1 --env 'B=two words' x", "environment", {"A": "1", "B": "two words"}),
        ("-e 'A=$HOME' x", "environment", {"A": "$HOME"}),
        (r"-e A=\$HOME x", "environment", {"A": "$HOME"}),
        ("-e A=1$ x", "environment", {"A": "1$"}),
        (
            "-v data:/data:ro -v /srv:/srv x",
            "mounts",
            (Mount("volume", "/data", "data", True), Mount("bind", "/srv", "/srv", create_host_path=True)),
        ),
        (
            "--mount type=bind,src=/a,dst=/b,readonly,bind-propagation=rshared x",
            "mounts",
            (Mount("bind", "/b", "/a", True, propagation="rshared"),),
        ),
        ("--mount source=v,target=/v,volume-nocopy x", "mounts", (Mount("volume", "/v", "v", nocopy=True),)),
        ("--mount type=tmpfs,target=/t,tmpfs-size=1m x", "mounts", (Mount("tmpfs", "/t", tmpfs_size=1 << 20),)),
        ("--tmpfs /run:size=1m x", "tmpfs", {"/run": "size=1m"}),
        ("-it x", "tty", True),
        ("-dit x sh", "stdin_open", True),
        ("--name web x", "container_name", "web"),
        ("--restart unless-stopped x", "restart", Restart("unless-stopped")),
        ("--restart=on-failure:3 x", "restart", Restart("on-failure", 3)),
        ("-u 1000:1000 -w /app -h box x", "user", "1000:1000"),
        ("--entrypoint /run.sh x a b", "entrypoint", ("/run.sh",)),
        ("--entrypoint '' x", "entrypoint", ()),
        ("x sh -c 'echo hi; exit 3'", "command", ("sh", "-c", "echo hi; exit 3")),
        ("x -p 80", "command", ("-p", "80")),
        ("-- x y", "command", ("y",)),
        ("-l a=b --label c x", "labels", {"a": "b", "c": ""}),
        ("-m 64m --cpus 0.5 x", "resources", Resources(cpus=0.5, memory=64 << 20)),
        ("-c 512 --cpuset-cpus 0 --pids-limit 9 x", "resources", Resources(cpu_shares=512, cpuset="0", pids=9)),
        ("--ulimit nofile=1:2 --ulimit nproc=5 x", "ulimits", (Ulimit("nofile", 1, 2), Ulimit("nproc", 5, 5))),
        ("--sysctl a.b=1 x", "sysctls", {"a.b": "1"}),
        ("--cap-add NET_ADMIN --privileged x", "cap_add", ("NET_ADMIN",)),
        ("--gpus all x", "devices_wanted", (DeviceRequest(("gpu",), -1),)),
        ("--gpus 2 x", "devices_wanted", (DeviceRequest(("gpu",), 2),)),
        ("--gpus '\"device=0,1\"' x", "devices_wanted", (DeviceRequest(("gpu",), 0, ("0", "1")),)),
        ("--network host x", "network_mode", "host"),
        ("--net container:db x", "network_mode", "container:db"),
        (
            "--network shop --network-alias www --ip 10.0.0.5 x",
            "networks",
            (ServiceNetwork("shop", ("www",), "10.0.0.5"),),
        ),
        ("--network shop x", "networks", (ServiceNetwork("shop"),)),
        ("--network-alias www x", "networks", (ServiceNetwork("default", ("www",)),)),
        ("--log-driver json-file --log-opt max-size=1m x", "logging", Logging("json-file", {"max-size": "1m"})),
        (
            "--health-cmd 'curl -f x' --health-interval 5s --health-retries 3 x",
            "healthcheck",
            Healthcheck(("CMD-SHELL", "curl -f x"), 5.0, retries=3),
        ),
        ("--no-healthcheck x", "healthcheck", Healthcheck(("NONE",))),
        ("--stop-timeout 30 --stop-signal SIGINT x", "stop_grace_period", 30.0),
        ("--device-read-bps /dev/sda:1mb x", "block_io", BlockIo(read_bps=(Throttle("/dev/sda", 1 << 20),))),
        ("--add-host db:10.0.0.5 x", "hosts", ("db:10.0.0.5",)),
        ("--pull always x", "pull_policy", "always"),
        ("--read-only=false x", "read_only", False),
        ("--init x", "init", True),
        ("--link db:base x", "external_links", (("db", "base"),)),
        ("--volumes-from container:db:ro x", "volumes_from", ("container:db:ro",)),
    ],
)
def test_flags(arguments: str, field: str, expected: object) -> None:
    assert getattr(service(f"docker run {arguments}"), field) == expected


def test_variables_of_the_shell_become_variables_of_the_application() -> None:
    assert service('docker run -e "A=$NAME-${OTHER:-x}" x', NAME="n").environment == {"A": "n-x"}


def test_a_line_over_several_lines_with_sudo() -> None:
    line = "$ sudo docker container run -d \\\n --name=my-app \\\n # why\n -p 80:80 \\\n nginx:1.27 -g 'daemon off;'\n"
    found = docker_run_to_compose(line)
    assert found.name == "my-app"
    assert found.notes == ("--detach: applications always run in the background",)
    one = parse_project(found.compose, {}, "demo").services[0]
    assert (one.name, one.image, one.command) == ("my-app", "nginx:1.27", ("-g", "daemon off;"))


def test_volumes_and_networks_keep_their_names_on_the_engine() -> None:
    project = parse_project(
        docker_run_to_compose("docker run -v data:/d --network shop reg.io:5000/a/b:1").compose, {}, "p"
    )
    assert project.volumes["data"].name == "data"
    assert (project.networks["shop"].name, project.networks["shop"].external) == ("shop", True)
    assert project.services[0].name == "b"


def refused(line: str) -> tuple[Refusal, ...]:
    with pytest.raises(ComposeInvalid) as caught:
        docker_run_to_compose(line)
    assert all(one.line and one.column and one.remedy for one in caught.value.refusals)
    return caught.value.refusals


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "This is not a “docker run” line."),
        ("docker ps", "This is not a “docker run” line."),
        ("docker run", "No image is named."),
        ("docker run -d", "No image is named."),
        ("docker run --frob x y", "“--frob” is no flag of docker run"),
        ("docker run -P x", "“--publish-all” is not converted."),
        ("docker run --cidfile f x", "“--cidfile” is not converted."),
        ("docker run --name", "“--name” has no value."),
        ("docker run --mount type=bind,source=/a x", "The mount has no target."),
        ("docker run --mount frob=1,target=/a x", "The mount option “frob” is not converted."),
        ("docker run --ulimit nofile x", "is not a limit like"),
        ("docker run --gpus 'frob=1' x", "The GPU option “frob=1” is not converted."),
        ("docker run -v $(pwd):/a x", "A command's output would be put in here"),
        ("docker run -v `pwd`:/a x", "A command's output would be put in here"),
        ("docker run x; rm -rf /", "is for a shell, and no shell is run"),
        ("docker run x | tee", "is for a shell"),
        ("docker run -e 'open x", "A quote is not closed."),
        ("docker run " + "x" * 70_000, "longer than 64 KiB"),
    ],
)
def test_refuses(line: str, message: str) -> None:
    assert any(message in one.message for one in refused(line))


def test_every_refusal_at_once_with_its_place() -> None:
    found = refused("docker run \\\n  --frob a \\\n  -P --cidfile f x")
    assert [(one.path, one.line, one.column) for one in found] == [
        ("--frob", 2, 3),
        ("--publish-all", 3, 3),
        ("--cidfile", 3, 6),
    ]


def test_no_flag_is_in_two_tables() -> None:
    tables = [set(HANDLERS), set(flags.SWITCHES), set(flags.REFUSED)]
    assert sum(map(len, tables)) == len(set().union(*tables))
