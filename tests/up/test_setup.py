"""What the preparation hands over."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from portal.up.setup import Setup, is_loopback, setup_hand_over, setup_take_over

SETUP = Setup(
    data_dir="/srv/pierhead",
    base_dir="/opt/pierhead",
    address=("127.0.0.1", 8000),
    public_url="https://portal.example",
    own_redis=True,
    redis_url="unix:///srv/pierhead/redis/redis.sock",
    lock=7,
    sign_in_link="https://portal.example/sign-in/link/SECRET/",
)


def test_it_arrives_as_it_was_sent() -> None:
    descriptor = setup_hand_over(SETUP)
    assert os.get_inheritable(descriptor)
    assert setup_take_over(descriptor) == SETUP
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("192.168.1.5", "http://127.0.0.1:8000"),
        ("portal.example", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_this_machine_reaches_the_portal_in_clear_by_loopback(host: str, url: str) -> None:
    assert replace(SETUP, address=(host, 8000)).local_url == url


def test_the_data_directory_is_a_path() -> None:
    assert SETUP.data == Path("/srv/pierhead")


@pytest.mark.parametrize(("host", "own"), [("127.8.0.1", True), ("10.0.0.1", False), ("0.0.0.0", False)])
def test_loopback_is_known(host: str, own: bool) -> None:
    assert is_loopback(host) is own
