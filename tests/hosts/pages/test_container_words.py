"""Containers in words: exit codes, sentences, ports as addresses that a browser can open."""

from typing import Any

import pytest
from django.conf import LazySettings

from hosts.models import Host
from hosts.views.container_words import container_line, exit_words, port_links, sentence

from .conftest import make_container


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "without an error"),
        (1, "reported an error"),
        (126, "cannot be run"),
        (127, "not found"),
        (137, "out of memory"),
        (143, "asked to stop"),
        (139, "crashed"),
        (130, "SIGINT"),
        (150, "signal 22"),
        (3, "own code 3"),
        (3221225786, "Windows"),
    ],
)
def test_an_exit_code_is_explained(code: int, words: str) -> None:
    assert words in exit_words(code)


def test_an_unknown_exit_code_is_not_explained() -> None:
    assert exit_words(None) == ""


def port(published: int, target: int, address: str = "0.0.0.0", protocol: str = "tcp") -> dict[str, Any]:
    return {"published": published, "target": target, "address": address, "protocol": protocol}


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_port_of_this_machine_is_reached_as_the_portal_is(linux_host: Host, address: str) -> None:
    linux_host.address = address
    (link,) = port_links([port(8080, 80), port(8080, 80, "::")], linux_host)
    assert link.text == "8080 → 80/tcp"
    assert link.url == "http://127.0.0.1:8080/"


@pytest.mark.parametrize(("address", "name"), [("192.0.2.7", "192.0.2.7"), ("2001:db8::7", "[2001:db8::7]")])
def test_a_port_of_another_machine_is_reached_at_its_address(linux_host: Host, address: str, name: str) -> None:
    linux_host.address = address
    (link,) = port_links([port(8080, 80)], linux_host)
    assert link.url == f"http://{name}:8080/"


def test_a_port_bound_to_one_address_is_linked_there(linux_host: Host) -> None:
    (link,) = port_links([port(8080, 80, "192.0.2.9")], linux_host)
    assert link.url == "http://192.0.2.9:8080/"


def test_usual_ports_are_not_written(linux_host: Host) -> None:
    linux_host.address = "192.0.2.7"
    links = port_links([port(80, 8080), port(443, 8443)], linux_host)
    assert [link.url for link in links] == ["http://192.0.2.7/", "https://192.0.2.7/"]


@pytest.mark.parametrize("given", [port(5432, 5432), port(53, 53, protocol="udp"), port(0, 80)])
def test_what_a_browser_cannot_open_is_no_link(linux_host: Host, given: dict[str, Any]) -> None:
    linux_host.address = "192.0.2.7"
    assert port_links([given], linux_host)[0].url == ""


def test_a_host_whose_address_is_unknown_gives_no_link(linux_host: Host) -> None:
    assert port_links([port(8080, 80)], linux_host)[0].url == ""


def test_published_ports_come_first(linux_host: Host) -> None:
    links = port_links([port(0, 22), port(9000, 90), port(8080, 80)], linux_host)
    assert [link.published for link in links] == [8080, 9000, 0]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "running"}, "no healthcheck"),
        ({"state": "running", "health": "healthy"}, "running and healthy"),
        ({"state": "running", "health": "unhealthy"}, "healthcheck fails"),
        ({"state": "running", "health": "starting"}, "has not passed yet"),
        ({"state": "exited", "exit_code": 3}, "exit code 3"),
        ({"state": "exited"}, "exit code unknown"),
        ({"state": "created"}, "never started"),
        ({"state": "restarting"}, "starts it again"),
        ({"state": "paused"}, "frozen"),
        ({"state": "dead"}, "failed to remove"),
        ({"state": "odd"}, "unknown"),
    ],
)
def test_a_state_is_a_sentence(linux_host: Host, fields: dict[str, Any], words: str) -> None:
    assert words in sentence(make_container(linux_host, "one", **fields))


@pytest.mark.parametrize(
    ("fields", "trouble"),
    [
        ({"state": "exited", "exit_code": 0}, False),
        ({"state": "exited", "exit_code": 143}, False),
        ({"state": "exited", "exit_code": 1}, True),
        ({"state": "running", "health": "unhealthy"}, True),
        ({"state": "running"}, False),
        ({"state": "dead"}, True),
    ],
)
def test_trouble_is_marked(linux_host: Host, fields: dict[str, Any], trouble: bool) -> None:
    assert container_line(make_container(linux_host, "one", **fields))["trouble"] is trouble


def test_links_follow_the_portals_own_name(linux_host: Host, settings: LazySettings) -> None:
    settings.PUBLIC_URL = "https://portal.example"
    linux_host.address = "127.0.0.1"
    assert port_links([port(8080, 80)], linux_host)[0].url == "http://portal.example:8080/"
