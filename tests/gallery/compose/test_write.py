"""Attributes of one service become a compose text that says the same."""

from typing import Any

import pytest

from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import parse_project
from gallery.compose.types import Restart
from gallery.compose.write import service_to_compose


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "1.10",
        "yes",
        "no",
        "null",
        "~",
        "",
        " spaced ",
        "a: b",
        "# no comment",
        "multi\nline",
        "“quotes”",
        "'",
        '"',
        "0x10",
        "1e3",
        "2024-01-01",
        "*a",
        "&a",
        "!x",
        "%",
        "@",
        "`",
        "{a}",
        "[a]",
        "- a",
        "\t",
    ],
)
def test_texts_come_back_as_they_were(value: str) -> None:
    text = service_to_compose({"image": "x", "environment": {"V": value}})
    assert parse_project(text, {}, "demo").services[0].environment == {"V": value}


def test_dollar_signs_can_stand_for_themselves() -> None:
    service: dict[str, Any] = {"image": "x", "environment": {"V": "$A ${B} $$"}, "command": ["echo", "$HOME"]}
    found = parse_project(service_to_compose(service, literal=True), {}, "demo").services[0]
    assert found.environment == {"V": "$A ${B} $$"}
    assert found.command == ("echo", "$HOME")


def test_dollar_signs_start_variables_otherwise() -> None:
    text = service_to_compose({"image": "nginx:${TAG}"})
    assert parse_project(text, {"TAG": "1"}, "demo").services[0].image == "nginx:1"


def test_named_volumes_and_networks_are_declared() -> None:
    service: dict[str, Any] = {
        "image": "x",
        "volumes": ["data:/d", "/srv:/s", {"type": "volume", "source": "more", "target": "/m"}, "/anonymous"],
        "networks": ["front", "default"],
    }
    found = parse_project(service_to_compose(service), {}, "demo")
    assert set(found.volumes) == {"data", "more"}
    assert set(found.networks) == {"front", "default"}


def test_types_of_values_stay() -> None:
    service: dict[str, Any] = {
        "image": "x",
        "restart": "on-failure:2",
        "init": True,
        "cpus": 0.5,
        "ports": [{"target": 80, "published": 8080}, "81:81"],
        "deploy": {"replicas": 1},
        "healthcheck": {"test": ["CMD", "true"], "interval": "5s"},
    }
    found = parse_project(service_to_compose(service, name="web"), {}, "demo").service("web")
    assert found.init is True
    assert found.restart == Restart("on-failure", 2)
    assert found.resources.cpus == 0.5
    assert [port.published for port in found.ports] == ["8080", "81"]


@pytest.mark.parametrize("service", [{"image": "x", "build": "."}, {}, {"image": 5, "ports": "x"}, {"image": ["x"]}])
def test_what_is_wrong_is_found_by_the_parser(service: dict[str, Any]) -> None:
    with pytest.raises(ComposeInvalid):
        parse_project(service_to_compose(service), {}, "demo")
