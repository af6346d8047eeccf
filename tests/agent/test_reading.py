"""The engine's objects as facts: what is told, and that secrets are not."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from engine_agent.engine.types import Container, ListedContainer, ListedImage, Network, Volume
from engine_agent.mirror.reading import (
    container_fact,
    image_fact,
    moment,
    network_fact,
    row_fact,
    row_name,
    same_row,
    volume_fact,
)
from engine_agent.protocol import encode
from engine_agent.protocol.facts import MountFact, PortFact

INSPECTED: dict[str, Any] = {
    "Id": "c" * 64,
    "Name": "/shop-web-1",
    "Created": "2026-05-01T10:00:00.123456789Z",
    "Path": "/bin/httpd",
    "Args": ["-f", "-h", "/my www"],
    "Image": "sha256:1",
    "RestartCount": 2,
    "State": {
        "Status": "running",
        "Running": True,
        "ExitCode": 0,
        "StartedAt": "2026-05-01T10:41:00.5Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
        "Health": {"Status": "healthy"},
    },
    "Config": {
        "Image": "web:1",
        "Labels": {"a": "b"},
        "Env": ["DB_PASSWORD=correct-horse"],
    },
    "HostConfig": {"RestartPolicy": {"Name": "always"}},
    "NetworkSettings": {
        "Ports": {
            "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
            "443/tcp": None,
        },
        "Networks": {"shop_default": {}, "back": None},
    },
    "Mounts": [
        {"Type": "volume", "Name": "data", "Source": "/var/lib/x", "Destination": "/data", "RW": True},
        {"Type": "bind", "Source": "/srv", "Destination": "/b", "RW": False},
    ],
}
ROW: dict[str, Any] = {
    "Id": "c" * 64,
    "Names": ["/other/alias", "/shop-web-1"],
    "Image": "web:1",
    "ImageID": "sha256:1",
    "Command": "/bin/httpd",
    "Created": 1777629600,
    "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}],
    "Labels": None,
    "State": "running",
    "Status": "Up 2 hours (healthy)",
    "NetworkSettings": {"Networks": {"shop_default": {}, "back": {}}},
    "Mounts": None,
}


def inspected(**changes: Any) -> Container:
    return msgspec.convert({**INSPECTED, **changes}, Container)


def row(**changes: Any) -> ListedContainer:
    return msgspec.convert({**ROW, **changes}, ListedContainer)


def test_an_inspected_container() -> None:
    fact = container_fact(inspected())
    assert (fact.name, fact.image, fact.image_id, fact.state) == ("shop-web-1", "web:1", "sha256:1", "running")
    assert (fact.health, fact.exit_code, fact.restarts) == ("healthy", None, 2)
    assert fact.command == "/bin/httpd -f -h '/my www'"
    assert fact.networks == ("back", "shop_default")
    assert fact.created == datetime(2026, 5, 1, 10, 0, 0, 123456, tzinfo=UTC)
    assert fact.started == datetime(2026, 5, 1, 10, 41, 0, 500000, tzinfo=UTC)
    assert fact.finished is None
    assert fact.ports == (
        PortFact(80, "tcp", 8080, "0.0.0.0"),
        PortFact(80, "tcp", 8080, "::"),
        PortFact(443, "tcp", 0, ""),
    )
    assert fact.mounts == (
        MountFact("bind", "/b", "/srv", "", True),
        MountFact("volume", "/data", "/var/lib/x", "data", False),
    )


def test_environment_values_are_never_told() -> None:
    assert b"correct-horse" not in encode(container_fact(inspected()))


def test_an_ended_container_has_an_exit_code_and_no_health() -> None:
    state = {"Status": "exited", "Running": False, "ExitCode": 137, "Health": {"Status": "unhealthy"}}
    fact = container_fact(inspected(State=state))
    assert (fact.exit_code, fact.health) == (137, "")


def test_a_container_with_nothing_in_it_is_read() -> None:
    fact = container_fact(msgspec.convert({"Id": "c"}, Container))
    assert (fact.cid, fact.ports, fact.networks) == ("c", (), ())


def test_a_listed_container() -> None:
    fact = row_fact(row())
    assert (fact.name, fact.state, fact.health, fact.exit_code) == ("shop-web-1", "running", "healthy", None)
    assert fact.ports == (PortFact(80, "tcp", 8080, "0.0.0.0"),)
    assert fact.started is None


@pytest.mark.parametrize(
    ("status", "health", "code"),
    [
        ("Up 2 seconds (health: starting)", "starting", None),
        ("Up 2 hours (unhealthy)", "unhealthy", None),
        ("Exited (137) 3 minutes ago", "", 137),
        ("Exited (-1) 3 minutes ago", "", -1),
        ("Up 3 days (Paused)", "", None),
        ("Created", "", None),
    ],
)
def test_the_words_of_docker_ps(status: str, health: str, code: int | None) -> None:
    fact = row_fact(row(Status=status))
    assert (fact.health, fact.exit_code) == (health, code)


def test_the_name_is_the_one_without_a_link() -> None:
    assert row_name(row()) == "shop-web-1"
    assert row_name(row(Names=None)) == ""


def test_a_row_that_says_nothing_new() -> None:
    assert same_row(container_fact(inspected()), row())


@pytest.mark.parametrize(
    "change",
    [{"State": "paused"}, {"Status": "Up 1 second (unhealthy)"}, {"Names": ["/renamed"]}, {"NetworkSettings": None}],
)
def test_a_row_that_says_something_new(change: dict[str, Any]) -> None:
    assert not same_row(container_fact(inspected()), row(**change))


def test_an_image_without_tags() -> None:
    fact = image_fact(ListedImage("sha256:1", ("<none>:<none>",), ("<none>@<none>",), 10, 1777629600))
    assert (fact.tags, fact.digests, fact.size) == ((), (), 10)


def test_a_network_and_a_volume() -> None:
    network = msgspec.convert(
        {"Id": "n", "Name": "front", "Driver": "bridge", "IPAM": {"Config": [{"Subnet": "10.0.0.0/8"}, {}]}}, Network
    )
    assert network_fact(network).subnets == ("10.0.0.0/8",)
    assert network_fact(msgspec.convert({"Id": "n", "Name": "none", "IPAM": {"Config": None}}, Network)).subnets == ()
    volume = msgspec.convert({"Name": "data", "CreatedAt": "2026-05-01T12:00:00+02:00"}, Volume)
    assert volume_fact(volume).created == datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "0001-01-01T00:00:00Z", "yesterday"])
def test_times_that_are_none(text: str) -> None:
    assert moment(text) is None


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-05-01T10:00:00Z", 0),
        ("2026-05-01T10:00:00.1Z", 100000),
        ("2026-05-01T10:00:00.123456789Z", 123456),
        ("2026-05-01T12:00:00.000001+02:00", 1),
    ],
)
def test_times_in_every_precision(text: str, microsecond: int) -> None:
    assert moment(text) == datetime(2026, 5, 1, 10, 0, 0, microsecond, tzinfo=UTC)
