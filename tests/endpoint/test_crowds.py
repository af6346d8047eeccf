"""Many clients at once, idle, slow and following, on a real gateway; and memory that stays flat however much passes."""

import asyncio
import contextlib
import ssl
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest

from hosts.gateway.descriptors import descriptors_raise
from tests.lab.parts import program
from tests.lab.processes import wait_until

from .conftest import House
from .docker_cli import Way
from .serving import Talk

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

IMAGE = "busybox:lab"
MB = 1024 * 1024
FLAT = 64 * MB  # what a process may grow by while any number of bytes pass
PING = b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n"


@pytest.fixture
def client(through: Way) -> ssl.SSLContext:
    """TLS as the docker client of `through` has it."""
    folder = through.environment["DOCKER_CERT_PATH"]
    context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    return context


@contextlib.asynccontextmanager
async def crowd(way: Way, context: ssl.SSLContext, number: int) -> AsyncIterator[list[Talk]]:
    """So many open connections, each with its handshake done."""
    at = urlsplit(way.environment["DOCKER_HOST"])
    turn = asyncio.Semaphore(50)

    async def one() -> Talk:
        async with turn:
            reader, writer = await asyncio.open_connection(
                at.hostname, at.port, ssl=context, server_hostname=at.hostname, ssl_handshake_timeout=120
            )
            return Talk(reader, writer)

    talks = await asyncio.gather(*(one() for _ in range(number)))
    try:
        yield talks
    finally:
        for talk in talks:
            talk.writer.transport.abort()
        await asyncio.sleep(0)


@pytest.mark.parametrize("number", [1000, pytest.param(10_000, marks=pytest.mark.long)])
async def test_idle_connections_leave_the_others_alone(through: Way, client: ssl.SSLContext, number: int) -> None:
    if descriptors_raise() < number + 1000:
        pytest.fail(f"this machine does not let a process open {number} sockets: raise the limit of open files")
    async with crowd(through, client, number) as talks:
        for talk in talks[:: number // 10]:
            await talk.say(PING)
            assert await talk.answer() == (200, b"OK")
        said = await asyncio.to_thread(through.docker, "ps", "-q")
        assert (said.code, said.err) == (0, b"")
        await talks[-1].say(PING)
        assert await talks[-1].answer() == (200, b"OK")


@pytest.mark.long
async def test_slow_clients_are_cut_and_the_others_served(through: Way, client: ssl.SSLContext) -> None:
    """A head that comes byte by byte has as long as one that comes not at all."""
    async with crowd(through, client, 100) as talks:
        cut = asyncio.gather(*(_drip(talk) for talk in talks))
        said = await asyncio.to_thread(through.docker, "version")
        assert said.code == 0
        async with asyncio.timeout(120):
            assert await cut == [b""] * len(talks)


async def _drip(talk: Talk) -> bytes:
    """A byte each second of a head that has no end, until we are cut off; what was answered."""
    ended = asyncio.ensure_future(talk.reader.read())
    with contextlib.suppress(ConnectionError):
        await talk.say(b"GET /info HTTP/1.1\r\nX: ")
        while not ended.done():
            await talk.say(b"y")
            await asyncio.wait([ended], timeout=1)
    try:
        return await ended
    except ConnectionError:
        return b""


@pytest.fixture
def talking(house: House) -> Iterator[str]:
    """A container that says a line five times a second."""
    yield house.engine.docker(
        "run", "-d", "--name", "crw-a", IMAGE, "sh", "-c", "while :; do echo line; sleep 0.2; done"
    ).strip()
    house.engine.tidy()


async def test_two_hundred_follow_a_log(through: Way, client: ssl.SSLContext, talking: str) -> None:
    ask = f"GET /containers/{talking}/logs?follow=1&stdout=1&tail=0 HTTP/1.1\r\nHost: d\r\n\r\n".encode()

    async def follow(talk: Talk) -> None:
        await talk.say(ask)
        for _line in range(3):
            await talk.reader.readuntil(b"line\n")

    async with crowd(through, client, 200) as talks, asyncio.timeout(120):
        await asyncio.gather(*(follow(talk) for talk in talks))
        await asyncio.gather(*(talk.reader.readuntil(b"line\n") for talk in talks))  # all of them at the same time


class Scale:
    """The most that gateway and agent have grown by, looked at all the while."""

    def __init__(self, house: House) -> None:
        self._parts = [house.portal.process(name) for name in ("gateway", "agent", "node")]
        self._before = [part.memory_info().rss for part in self._parts]
        self._over = threading.Event()
        self.grown = 0

    def __enter__(self) -> "Scale":
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def _look(self) -> None:
        while not self._over.wait(0.05):
            grown = [part.memory_info().rss - old for part, old in zip(self._parts, self._before, strict=True)]
            self.grown = max(self.grown, *grown)

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.parametrize("size", [300 * MB, pytest.param(5000 * MB, marks=pytest.mark.long)])
def test_memory_stays_flat_while_much_passes_both_ways(house: House, through: Way, size: int) -> None:
    house.engine.docker("run", "-d", "--name", "crw-b", IMAGE, "sleep", "600")
    blocks = f"dd if=/dev/zero bs=1M count={size // MB} 2>/dev/null"
    with Scale(house) as scale:
        docker = program("docker")
        line = f"{blocks} | {docker} exec -i crw-b cat | wc -c"
        said = through.run(["sh", "-c", line], timeout=280)
    assert said.out.strip() == str(size).encode(), said.err
    assert scale.grown < FLAT
    house.engine.tidy()


def test_memory_stays_flat_before_a_reader_that_stops(house: House, through: Way) -> None:
    house.engine.docker("run", "-d", "--name", "crw-c", IMAGE, "sleep", "600")
    with Scale(house) as scale:
        argv = [program("docker"), "exec", "crw-c", "cat", "/dev/zero"]
        client = subprocess.Popen(argv, env=dict(through.environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            assert client.stdout is not None
            assert client.stdout.read(MB) == bytes(MB)
            until = time.monotonic() + 3  # nobody reads, the engine has no end of it
            wait_until(lambda: time.monotonic() > until, seconds=30, what="a while", every=0.1)
        finally:
            client.kill()
            client.communicate()
    assert scale.grown < FLAT
    house.engine.tidy()
