"""The docker client does the same through the endpoint as on the engine's own socket, byte for byte."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .cli_script import SCRIPT, SWARM
from .conftest import House
from .docker_cli import Step, Way

pytestmark = pytest.mark.engine

STACK = "services:\n  one:\n    image: busybox:lab\n    command: sleep 600\n    deploy: {replicas: 0}\n"
LARGE = 20 * 1024 * 1024


@pytest.fixture
def swept(house: House) -> Iterator[House]:
    """An engine without anything of the test, before and after."""
    sweep(house)
    yield house
    sweep(house)


def sweep(house: House) -> None:
    house.engine.docker("swarm", "leave", "--force", check=False)
    house.engine.tidy()
    for image in house.engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split():
        if image.startswith("cmp:"):
            house.engine.docker("rmi", "-f", image, check=False)
    house.engine.docker("image", "prune", "-f")


def played(way: Way, steps: list[Step]) -> list[tuple[int, object, object]]:
    """What each command said."""
    (way.folder / "here.txt").write_text("a file of the client\n")
    (way.folder / "stack.yml").write_text(STACK)
    return [step.shown(way.docker(*step.argv, stdin=step.stdin)) for step in steps]


def compare(house: House, direct: Way, through: Way, steps: list[Step]) -> None:
    expected = played(direct, steps)
    sweep(house)
    found = played(through, steps)
    differing = [
        f"docker {step.line}\n  direct:  {one}\n  through: {other}"
        for step, one, other in zip(steps, expected, found, strict=True)
        if one != other
    ]
    assert not differing, "\n".join(differing)


def test_the_script_is_long_enough() -> None:
    assert len(SCRIPT) + len(SWARM) >= 110


@pytest.mark.timeout(300)
def test_every_command_says_and_does_the_same(swept: House, direct: Way, through: Way) -> None:
    compare(swept, direct, through, SCRIPT)
    assert (direct.folder / "back.txt").read_bytes() == (through.folder / "back.txt").read_bytes()


@pytest.mark.timeout(240)
def test_swarm_commands_too(swept: House, direct: Way, through: Way) -> None:
    compare(swept, direct, through, SWARM)


def test_the_context_as_a_user_imports_it(house: House, through: Way, tmp_path: Path) -> None:
    kept = {name: value for name, value in through.environment.items() if not name.startswith("DOCKER_TLS")}
    alone = {name: value for name, value in kept.items() if name not in ("DOCKER_HOST", "DOCKER_CERT_PATH")}
    user = Way("user", alone, through.folder)
    assert user.docker("context", "import", "harbour", "host.dockercontext").code == 0
    said = user.docker("--context", "harbour", "version", "--format", "{{.Server.Os}}")
    assert (said.code, said.out) == (0, b"linux\n")


@pytest.mark.parametrize("size", [LARGE, pytest.param(100 * 1024 * 1024, marks=pytest.mark.long)])
def test_random_bytes_are_unchanged_through_exec_and_cp(swept: House, through: Way, size: int) -> None:
    body = os.urandom(size)
    digest = hashlib.sha256(body).hexdigest()
    assert through.docker("run", "-d", "--name", "cmp-bytes", "busybox:lab", "sleep", "600").code == 0
    said = through.docker("exec", "-i", "cmp-bytes", "cat", stdin=body)
    assert (said.code, hashlib.sha256(said.out).hexdigest()) == (0, digest)
    (through.folder / "large").write_bytes(body)
    assert through.docker("cp", "large", "cmp-bytes:/tmp/large").code == 0
    said = through.docker("exec", "cmp-bytes", "sha256sum", "/tmp/large")
    assert said.out.decode().split()[0] == digest
    assert through.docker("cp", "cmp-bytes:/tmp/large", "back").code == 0
    assert hashlib.sha256((through.folder / "back").read_bytes()).hexdigest() == digest
