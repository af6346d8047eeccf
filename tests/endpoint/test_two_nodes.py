"""Several nodes on one database and one Redis: a byte stream comes to the gateway that holds the client."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal.up.places import redis_url
from tests.lab.engine import Engine
from tests.lab.images import BUSYBOX
from tests.lab.parts import program
from tests.lab.portal import ROOT, Portal, start_portal
from tests.lab.ports import free_port
from tests.lab.processes import Server, wait_until
from tests.lab.redis_server import RedisServer

from .conftest import TEAM, House
from .docker_cli import Way, clean_environment

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]


@pytest.fixture
def second(house: House, through: Way, tmp_path: Path) -> Iterator[Way]:
    """A way to the host by a gateway of another node, which has no agent and no node process of its own."""
    port, data = free_port(), house.portal.data
    env = house.portal.env | {
        "PIERHEAD_DATA_DIR": str(tmp_path / "other"),
        "PIERHEAD_DOCKER_ENDPOINT": f"127.0.0.1:{port}",
        "DATABASE_URL": f"sqlite://{data / 'pierhead.sqlite3'}",
        "REDIS_URL": redis_url(data),
        "PIERHEAD_SECRET_KEY_FILE": str(data / "secret_key"),
    }
    gateway = Server([sys.executable, "manage.py", "docker_endpoint"], log=tmp_path / "gateway.log", env=env, cwd=ROOT)
    try:
        way = replace(through, environment={**through.environment, "DOCKER_HOST": f"tcp://127.0.0.1:{port}"})
        wait_until(lambda: way.docker("version").code == 0, seconds=60, what="the second gateway", every=0.2)
        yield way
    finally:
        gateway.stop()
        house.engine.tidy()


def test_the_gateway_that_holds_the_client_gets_the_stream(house: House, through: Way, second: Way) -> None:
    content = bytes(range(256)) * 4000
    for way in (second, through):
        said = way.docker("run", "-i", "--rm", BUSYBOX, "cat", stdin=content)
        assert (said.code, said.out == content, said.err) == (0, True, b"")
    _both_at_once(house, [through, second])


@pytest.fixture
def houses(lab_engine: Engine, postgres: str, redis_server: RedisServer) -> Iterator[tuple[House, Portal]]:
    """Two whole nodes. The first has the host's agent; clients meet either."""
    if not lab_engine.docker("images", "-q", BUSYBOX).strip():
        lab_engine.image_from_busybox(BUSYBOX)
    env = {"DATABASE_URL": postgres, "REDIS_URL": redis_server.url, "PIERHEAD_SECRET_KEY": "two nodes, one key" * 4}
    with start_portal(engine=lab_engine, env=env) as first, start_portal(env=env) as other:
        token = first.token("admin", team=TEAM, user="admin")
        [host] = first.wait_for(
            "hosts", token, lambda body: [one["state"] for one in body["items"]] == ["online"], seconds=60
        )["items"]
        yield House(first, lab_engine, token, str(host["id"])), other
    lab_engine.tidy()


def way_of(house: House, folder: Path) -> Way:
    folder.mkdir()
    return Way("through", clean_environment(folder) | house.context(folder), folder)


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.redis
def test_two_whole_nodes_and_one_gateway_that_dies(houses: tuple[House, Portal], tmp_path: Path) -> None:
    house, other = houses
    ways = [way_of(house, tmp_path / "first"), way_of(replace(house, portal=other), tmp_path / "second")]
    assert ways[0].environment["DOCKER_HOST"] != ways[1].environment["DOCKER_HOST"]
    crossed = replace(ways[0], environment={**ways[0].environment, "DOCKER_HOST": ways[1].environment["DOCKER_HOST"]})
    assert crossed.docker("ps", "-q").code == 0  # a context of the one works at the other
    _both_at_once(house, ways)
    house.portal.kill("gateway")
    assert ways[1].docker("exec", "two-a", "echo", "still here").out == b"still here\n"


def _both_at_once(house: House, ways: list[Way]) -> None:
    """A client at each node follows the same container; both hear the same."""
    house.engine.docker("run", "-d", "--name", "two-a", BUSYBOX, "sh", "-c", "while :; do echo line; sleep 0.1; done")
    argv = [program("docker"), "logs", "-f", "two-a"]
    clients = [subprocess.Popen(argv, env=dict(way.environment), stdout=subprocess.PIPE) for way in ways]
    guards = [threading.Timer(60, client.kill) for client in clients]
    for guard in guards:
        guard.start()
    try:
        for client in clients:
            assert client.stdout is not None
            assert [client.stdout.readline() for _line in range(5)] == [b"line\n"] * 5
    finally:
        for guard, client in zip(guards, clients, strict=True):
            guard.cancel()
            client.kill()
            client.communicate()
