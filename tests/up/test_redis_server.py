"""The private Redis: which one, and that it listens nowhere but on its socket."""

import asyncio
from pathlib import Path

import pytest

from portal.up import redis_server
from portal.up.child import Child
from portal.up.places import redis_socket

from .conftest import Said


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\necho '{text}'\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a948f0", (7, 0)),
        ("Redis server v=6.2.5 sha=00000000:0 malloc=libc bits=64", (6, 2)),
        ("Redis server v=10.4.0", (10, 4)),
        ("command not found", None),
        ("", None),
    ],
)
def test_the_version_is_read(text: str, version: tuple[int, int] | None) -> None:
    assert redis_server.redis_version(text) == version


def test_a_new_system_server_is_preferred(tmp_path: Path) -> None:
    system = script(tmp_path / "system", "Redis server v=6.2.0")
    packaged = script(tmp_path / "packaged", "Redis server v=6.2.5")
    assert redis_server.redis_binary(system, packaged) == system


def test_an_old_system_server_is_left_alone(tmp_path: Path) -> None:
    system = script(tmp_path / "system", "Redis server v=6.0.16")
    packaged = script(tmp_path / "packaged", "Redis server v=6.2.5")
    assert redis_server.redis_binary(system, packaged) == packaged


def test_the_packaged_server_is_found() -> None:
    assert redis_server.packaged_binary() is not None


def test_no_server_at_all_says_what_to_do(tmp_path: Path) -> None:
    broken = script(tmp_path / "broken", "Segmentation fault")
    with pytest.raises(redis_server.RedisMissing, match="apt install redis-server"):
        redis_server.redis_binary(broken, broken)


@pytest.mark.redis
@pytest.mark.parametrize("which", ["system", "packaged"])
async def test_it_keeps_what_it_was_told_through_a_kill(which: str, tmp_path: Path, said: Said) -> None:
    packaged = redis_server.packaged_binary()
    binary = packaged if which == "packaged" and packaged else redis_server.redis_binary()
    for round_number in (1, 2):
        child = Child(redis_server.redis_program(binary, tmp_path), said.journal)
        child.start()
        assert await redis_server.redis_answers(redis_socket(tmp_path))
        reader, writer = await asyncio.open_unix_connection(str(redis_socket(tmp_path)))
        writer.write(b"SET job 1\r\n" if round_number == 1 else b"GET job\r\n")
        expected = b"+OK\r\n" if round_number == 1 else b"$1\r\n"
        assert await reader.readline() == expected
        writer.write(b"CONFIG GET port\r\n")
        lines = [await reader.readline() for _ in range(5 if round_number == 1 else 6)]
        assert lines[-1] == b"0\r\n"
        writer.close()
        hurry = asyncio.Event()
        hurry.set()  # SIGKILL right after SIGTERM
        await child.stop(hurry)
    assert redis_socket(tmp_path).parent.stat().st_mode & 0o077 == 0


async def test_a_socket_without_redis_is_no_answer(tmp_path: Path) -> None:
    assert not await redis_server.redis_answers(tmp_path / "absent", seconds=0.1)
