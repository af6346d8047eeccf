"""Directories that are ours alone, and sockets whose paths the kernel accepts."""

import os
import stat
from pathlib import Path

import pytest

from portal.up import places


def test_a_private_directory_is_made_for_the_owner_alone(tmp_path: Path) -> None:
    made = places.private_directory(tmp_path / "a" / "b")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_an_open_directory_is_closed_to_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    places.private_directory(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_link_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(places.PlaceRefused, match="not a directory of ours"):
        places.private_directory(tmp_path / "link")


def test_a_file_in_place_of_the_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(places.PlaceRefused, match="cannot be used"):
        places.private_directory(tmp_path / "file")


def test_sockets_lie_in_the_data_directory_when_they_fit() -> None:
    assert places.redis_socket(Path("/srv/pierhead")) == Path("/srv/pierhead/redis/redis.sock")
    assert places.redis_url(Path("/srv/pierhead")) == "unix:///srv/pierhead/redis/redis.sock"


@pytest.mark.parametrize("depth", [1, 5, 10, 20])
def test_no_socket_path_is_longer_than_the_kernel_takes(depth: int) -> None:
    data_dir = Path("/srv", *["pierhead-data"] * depth)
    longest = places.engine_exec_root(data_dir) / "containerd" / "containerd-debug.sock.ttrpc"
    for path in (places.redis_socket(data_dir), places.engine_socket(data_dir), longest):
        assert len(os.fsencode(path)) <= places.SOCKET_PATH_BYTES


def test_a_deep_data_directory_has_the_same_short_one_at_every_start() -> None:
    deep, other = Path("/srv/" + "x" * 200), Path("/srv/" + "y" * 200)
    assert places.redis_socket(deep) == places.redis_socket(deep)
    assert places.redis_socket(deep) != places.redis_socket(other)
    assert str(os.getuid()) in str(places.redis_socket(deep))


def test_a_url_quotes_what_urls_do_not_carry() -> None:
    assert places.redis_url(Path("/srv/my data")) == "unix:///srv/my%20data/redis/redis.sock"
