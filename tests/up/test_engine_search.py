"""Finding this machine's engine among sockets that answer, hang, refuse or are something else."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from portal.up.engine_search import FoundEngine, Search, engine_at, engine_candidates, engine_search

VERSION = b'{"Version": "28.5.1", "Os": "linux"}'
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def listen(path: Path, answer: Handler) -> asyncio.Server:
    return await asyncio.start_unix_server(answer, str(path))


async def as_engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers /_ping and /version as the Docker Engine does."""
    line = await reader.readline()
    body = b"OK" if b"/_ping" in line else VERSION
    writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + body)
    writer.close()


async def as_something_else(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")
    writer.close()


async def as_web_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"HTTP/1.0 404 Not Found\r\n\r\nno such page")
    writer.close()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def test_an_engine_tells_its_version(tmp_path: Path) -> None:
    async with await listen(tmp_path / "s", as_engine):
        found = await engine_at(tmp_path / "s")
    assert found is not None
    assert (found.version, found.os, found.address) == ("28.5.1", "linux", f"unix://{tmp_path}/s")


@pytest.mark.parametrize("answer", [as_something_else, as_web_server, silent])
async def test_what_is_no_engine_is_passed_over(tmp_path: Path, answer: Handler) -> None:
    async with await listen(tmp_path / "s", answer):
        assert await engine_at(tmp_path / "s", seconds=0.3) is None
        await asyncio.sleep(0.05)  # the server hangs up as well


async def test_no_socket_and_a_dead_socket_are_no_engine(tmp_path: Path) -> None:
    server = await listen(tmp_path / "dead", as_engine)
    server.close()
    await server.wait_closed()
    assert await engine_at(tmp_path / "dead") is None
    assert await engine_at(tmp_path / "absent") is None


async def test_the_first_of_several_wins(tmp_path: Path) -> None:
    async with await listen(tmp_path / "b", as_engine), await listen(tmp_path / "c", as_engine):
        search = await engine_search([tmp_path / "a", tmp_path / "b", tmp_path / "c"])
    assert search.found is not None
    assert search.found.socket == tmp_path / "b"
    assert search.denied == ()


async def test_a_socket_that_we_may_not_open_is_reported() -> None:
    async def look(socket: Path) -> FoundEngine | None:
        if socket.name == "docker.sock":
            raise PermissionError
        return FoundEngine(socket, "5.0", "linux") if socket.name == "podman.sock" else None

    closed, podman = Path("/var/run/docker.sock"), Path("/run/podman/podman.sock")
    assert await engine_search([closed, Path("/absent")], look) == Search(None, (closed,))
    both = await engine_search([closed, podman], look)
    assert both.found is not None
    assert both.found.socket == podman


def test_docker_host_comes_first_then_the_system_then_the_user() -> None:
    environment = {"DOCKER_HOST": "unix:///srv/my.sock", "XDG_RUNTIME_DIR": "/run/user/7"}
    assert [str(path) for path in engine_candidates(environment, Path("/home/ada"), 7)] == [
        "/srv/my.sock",
        "/var/run/docker.sock",
        "/run/user/7/docker.sock",
        "/home/ada/.docker/run/docker.sock",
        "/home/ada/.docker/desktop/docker.sock",
        "/run/user/7/podman/podman.sock",
        "/run/podman/podman.sock",
    ]


@pytest.mark.parametrize("named", ["", "tcp://10.0.0.1:2376", "ssh://host", "unix://"])
def test_a_docker_host_that_is_not_a_local_socket_is_left_out(named: str) -> None:
    candidates = engine_candidates({"DOCKER_HOST": named}, Path("/home/ada"), 7)
    assert candidates[0] == Path("/var/run/docker.sock")
    assert Path("/run/user/7/docker.sock") in candidates


def test_no_candidate_is_asked_twice() -> None:
    candidates = engine_candidates({"DOCKER_HOST": "unix:///var/run/docker.sock"}, Path("/home/ada"), 7)
    assert len(candidates) == len(set(candidates))
