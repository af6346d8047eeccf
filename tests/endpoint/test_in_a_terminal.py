"""run -it, exec -it, attach: a terminal in the container, its size, its signals, detach keys, both ways alike."""

import contextlib
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.lab.parts import program
from tests.lab.processes import wait_until

from .conftest import House
from .docker_cli import Way
from .terminal import Terminal, terminal

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

IMAGE = "busybox:lab"
DETACH = b"\x10\x11"
Docker = Callable[..., AbstractContextManager[Terminal]]


@pytest.fixture(params=["direct", "through"])
def way(request: pytest.FixtureRequest, house: House) -> Iterator[Way]:
    """Each test runs both ways, and expects the same of both."""
    yield request.getfixturevalue(request.param)
    house.engine.tidy()


@pytest.fixture
def docker(way: Way) -> Docker:
    """`docker("run", "-it", ...)` in a terminal."""

    def start(*words: str) -> AbstractContextManager[Terminal]:
        return terminal([program("docker"), *words], env=way.environment, cwd=way.folder)

    return start


def test_a_shell(docker: Docker) -> None:
    with docker("run", "-it", "--rm", "--name", "tty-a", IMAGE, "sh") as shell:
        shell.until("# ")
        shell.keys(b"echo $((6*7)); tty\r")
        shell.until("\n42\r\n")
        shell.until("/dev/pts/0")
        shell.keys(b"exit 9\r")
        assert shell.ended() == 9


def test_its_size_follows_the_window(docker: Docker, way: Way) -> None:
    assert way.docker("run", "-d", "--name", "tty-b", IMAGE, "sleep", "600").code == 0
    with docker("exec", "-it", "tty-b", "sh") as shell:
        shell.until("# ")
        wait_until(lambda: size(shell) == (30, 100), seconds=10, what="the first size")
        shell.resize(41, 133)
        wait_until(lambda: size(shell) == (41, 133), seconds=10, what="the new size")
        shell.keys(b"exit\r")
        assert shell.ended() == 0


def size(shell: Terminal) -> tuple[int, int]:
    """What `stty size` says in the container."""
    shell.seen = b""
    shell.keys(b"stty size\r")
    text = shell.until(r"\n\d+ \d+\r\n").split()
    return int(text[-2]), int(text[-1])


def test_control_c_reaches_the_program(docker: Docker) -> None:
    with docker(
        "run", "-it", "--rm", IMAGE, "sh", "-c", "trap 'echo caught; exit 5' INT; echo ready; sleep 60 & wait"
    ) as run:
        run.until("ready")
        run.keys(b"\x03")
        run.until("caught")
        assert run.ended() == 5


def test_detach_keys_leave_it_running_and_attach_comes_back(docker: Docker, way: Way) -> None:
    with docker("run", "-it", "--name", "tty-c", IMAGE, "sh") as run:
        run.until("# ")
        run.keys(DETACH)
        assert run.ended() == 0
    assert way.docker("inspect", "tty-c", "--format", "{{.State.Running}}").out == b"true\n"
    with docker("attach", "tty-c") as back:
        back.keys(b"\r")
        back.until("# ")
        back.keys(b"echo again; exit 3\r")
        back.until("again")
        assert back.ended() == 3


def test_bytes_of_every_value_pass_a_raw_terminal(docker: Docker) -> None:
    with docker("run", "-it", "--rm", IMAGE, "sh", "-c", "stty raw -echo; echo ready; head -c 6 | od -An -tx1") as run:
        run.until("ready")
        time.sleep(0.2)
        run.keys(b"\x01\x7f\x80\xfe\xff\x1b")
        run.until("01 7f 80 fe ff 1b")
        assert run.ended() == 0


def test_signals_of_the_client_are_passed_on(way: Way) -> None:
    argv = [program("docker"), "run", "--rm", "--name", "sig-a", IMAGE, "sh", "-c"]
    argv += ["trap 'echo got it; exit 6' TERM; echo ready; sleep 60 & wait"]
    client = subprocess.Popen(
        argv, env=dict(way.environment), cwd=way.folder, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    assert client.stdout is not None
    with client.stdout:
        assert client.stdout.readline() == b"ready\n"
        client.send_signal(signal.SIGTERM)
        assert client.stdout.read() == b"got it\n"
    assert client.wait(timeout=20) == 6


def test_following_commands_end_with_what_they_follow(way: Way) -> None:
    script = "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done; exit 2"
    assert way.docker("run", "-d", "--name", "fol-a", IMAGE, "sh", "-c", script).code == 0
    assert way.docker("logs", "-f", "fol-a").out == b"1\n2\n3\n4\n5\n"
    assert way.docker("wait", "fol-a").out == b"2\n"


def test_events_while_they_happen(way: Way) -> None:
    argv = [program("docker"), "events", "--format", "{{json .}}", "--filter", "container=ev-a"]
    client = subprocess.Popen(argv, env=dict(way.environment), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert client.stdout is not None
    with client.stdout, contextlib.ExitStack() as stack:
        stack.callback(client.wait)
        stack.callback(client.kill)
        time.sleep(0.5)
        assert way.docker("run", "--rm", "--name", "ev-a", IMAGE, "true").code == 0
        actions: list[str] = []
        while not actions or actions[-1] != "destroy":
            actions.append(json.loads(client.stdout.readline())["Action"])
    assert [one for one in actions if one in ("create", "start", "die", "destroy")] == [
        "create",
        "start",
        "die",
        "destroy",
    ]


def test_a_client_that_is_killed_leaves_no_stream_behind(house: House, way: Way) -> None:
    assert way.docker("run", "-d", "--name", "kil-a", IMAGE, "sleep", "600").code == 0
    argv = [program("docker"), "exec", "-i", "kil-a", "cat"]
    client = subprocess.Popen(argv, env=dict(way.environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert client.stdin is not None
    assert client.stdout is not None
    with client.stdin, client.stdout:
        client.stdin.write(b"hello\n")
        client.stdin.flush()
        assert client.stdout.readline() == b"hello\n"
        client.kill()
        client.wait()
    wait_until(
        lambda: b"cat" not in way.docker("top", "kil-a", "-o", "comm").out, seconds=20, what="the end of cat", every=0.2
    )
