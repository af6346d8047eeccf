"""BuildKit's connections, /session and /grpc: taken over as HTTP/2, both ways, as on the engine's own socket.

What a client of BuildKit says there is HTTP/2 from the answer 101 on; here it is spoken as far as both sides' settings.
[RFC 9113, section 3.4]
"""

import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from .conftest import House
from .docker_cli import Way

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, ACKNOWLEDGED, PING = 4, 1, 6
EMPTY = bytes(3) + bytes((SETTINGS, 0)) + bytes(4)
ACK = bytes(3) + bytes((SETTINGS, ACKNOWLEDGED)) + bytes(4)
ECHO = (8).to_bytes(3, "big") + bytes((PING, 0)) + bytes(4) + b"pierhead"


def on_its_socket(house: House, way: Way) -> Any:
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(30)
    made.connect(house.engine.host.removeprefix("unix://"))
    return made


def through_the_endpoint(house: House, way: Way) -> Any:
    at, folder = urlsplit(way.environment["DOCKER_HOST"]), way.environment["DOCKER_CERT_PATH"]
    context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    made = socket.create_connection((at.hostname, at.port), timeout=30)
    return context.wrap_socket(made, server_hostname=at.hostname)


def taken_over(connection: Any, path: str, *fields: str) -> tuple[bytes, Any]:
    """The status line, and a file of the bytes after the head."""
    lines = [f"POST {path} HTTP/1.1", "Host: docker", "Connection: Upgrade", "Upgrade: h2c", *fields]
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
    file = connection.makefile("rb")
    status: bytes = file.readline()
    while file.readline() not in (b"\r\n", b""):
        pass
    return status, file


def frame(file: Any) -> tuple[int, int, bytes]:
    """Kind, flags and payload of the next frame."""
    head = file.read(9)
    return head[3], head[4], file.read(int.from_bytes(head[:3], "big"))


def frames_until(file: Any, wanted: tuple[int, int]) -> list[tuple[int, int, bytes]]:
    found: list[tuple[int, int, bytes]] = []
    while not found or found[-1][:2] != wanted:
        found.append(frame(file))
    return found


Open = Callable[[House, Way], Any]


def grpc(house: House, way: Way, opened: Open) -> object:
    """A client of the engine's BuildKit: settings both ways, and a ping that comes back."""
    with opened(house, way) as connection:
        status, file = taken_over(connection, "/v1.41/grpc")
        assert b" 101 " in status, status
        connection.sendall(PREFACE + EMPTY)
        first = frame(file)
        connection.sendall(ACK + ECHO)
        return status, first, frames_until(file, (PING, ACKNOWLEDGED))[-1]


def session(house: House, way: Way, opened: Open) -> object:
    """The engine is the client here: it says its preface and its settings, and asks what the session has."""
    with opened(house, way) as connection:
        name = f"X-Docker-Expose-Session-Uuid: {uuid4()}"  # the engine takes each once
        status, file = taken_over(connection, "/v1.41/session", name, "X-Docker-Expose-Session-Name: test")
        assert b" 101 " in status, status
        preface = file.read(len(PREFACE))
        first = frame(file)
        connection.sendall(EMPTY + ACK + ECHO)
        return status, preface, first, frames_until(file, (PING, ACKNOWLEDGED))[-1]


@pytest.mark.parametrize("talk", [grpc, session])
def test_its_connections_are_taken_over_as_on_the_socket(
    house: House, through: Way, talk: Callable[[House, Way, Open], object]
) -> None:
    expected = talk(house, through, on_its_socket)
    assert talk(house, through, through_the_endpoint) == expected
