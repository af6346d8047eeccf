"""What a person at the docker client sees when something on the way dies: an error, and never exit code 0."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.lab.parts import program
from tests.lab.processes import wait_until

from .conftest import House
from .docker_cli import Way

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

IMAGE = "busybox:lab"


@pytest.fixture
def followed(house: House, through: Way) -> Iterator["subprocess.Popen[bytes]"]:
    """`docker logs -f` of a container that says a line ten times a second; it has said some."""
    house.engine.docker("run", "-d", "--name", "flt-a", IMAGE, "sh", "-c", "while :; do echo line; sleep 0.1; done")
    client = subprocess.Popen(
        [program("docker"), "logs", "-f", "flt-a"],
        env=dict(through.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert client.stdout is not None
    assert client.stdout.readline() == b"line\n"
    yield client
    client.kill()
    client.communicate()
    house.engine.tidy()


def ended(client: "subprocess.Popen[bytes]") -> tuple[int, bytes]:
    """Exit code and standard error, once the client has ended by itself."""
    _out, err = client.communicate(timeout=60)
    return client.returncode, err


def works_again(house: House, way: Way) -> None:
    wait_until(lambda: way.docker("version").code == 0, seconds=60, what="the endpoint again", every=0.5)


def test_an_agent_killed_in_the_middle(house: House, through: Way, followed: "subprocess.Popen[bytes]") -> None:
    house.portal.kill("agent")
    code, err = ended(followed)
    assert code != 0
    assert err
    works_again(house, through)


def test_a_copy_cut_in_the_middle_is_no_copy(house: House, through: Way) -> None:
    house.engine.docker("run", "-d", "--name", "flt-b", IMAGE, "sleep", "600")
    house.engine.docker("exec", "flt-b", "dd", "if=/dev/zero", "of=/tmp/large", "bs=1M", "count=400")
    argv = [program("docker"), "cp", "flt-b:/tmp/large", "-"]
    client = subprocess.Popen(
        argv, env=dict(through.environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=through.folder
    )
    assert client.stdout is not None
    assert len(client.stdout.read(1_000_000)) == 1_000_000
    house.portal.kill("agent")
    code, _err = ended(client)
    assert code != 0
    works_again(house, through)
    house.engine.tidy()


def test_a_gateway_killed_in_the_middle(house: House, through: Way, followed: "subprocess.Popen[bytes]") -> None:
    house.portal.kill("gateway")
    code, err = ended(followed)
    assert code != 0
    assert err
    works_again(house, through)


def test_a_node_killed_leaves_docker_clients_alone(
    house: House, through: Way, followed: "subprocess.Popen[bytes]"
) -> None:
    """The control sockets are the node's, byte streams are not."""
    house.portal.kill("node")
    assert followed.stdout is not None
    until = time.monotonic() + 3
    while time.monotonic() < until:
        assert followed.stdout.readline() == b"line\n"
    assert followed.poll() is None
    wait_until(house.portal.healthy, seconds=60, what="the node again", every=0.5)
    works_again(house, through)


def host_name(house: House) -> str:
    return str(house.portal.api("GET", f"hosts/{house.host_id}", house.token)[1]["name"])


def test_an_engine_that_is_down(house: House, through: Way) -> None:
    host = host_name(house)
    house.engine.halt()
    said = through.docker("ps")
    assert said.code == 1
    assert host.encode() in said.err
    house.engine.start()
    works_again(house, through)


@pytest.mark.long
def test_a_host_that_is_away(house: House, through: Way) -> None:
    host = host_name(house)
    house.portal.process("agent").suspend()
    try:
        wait_until(
            lambda: house.portal.api("GET", f"hosts/{house.host_id}", house.token)[1]["state"] != "online",
            seconds=60,
            what="a host that is away",
            every=0.5,
        )
        wait_until(lambda: b"Cannot connect" in through.docker("ps").err, seconds=60, what="the word", every=1)
        said = through.docker("ps")
        assert said.code == 1
        assert host.encode() in said.err
    finally:
        house.portal.process("agent").resume()
    works_again(house, through)


def test_a_revoked_certificate_ends_what_is_open(
    house: House, through: Way, followed: "subprocess.Popen[bytes]"
) -> None:
    rows = house.portal.api("GET", "docker-certificates", house.token)[1]["items"]
    began = time.monotonic()
    assert house.portal.api("DELETE", f"docker-certificates/{rows[0]['id']}", house.token)[0] == 204
    code, _err = ended(followed)
    assert code != 0
    assert time.monotonic() - began < 30
    said = through.docker("ps")
    assert said.code == 1
    assert b"revoked" in said.err
