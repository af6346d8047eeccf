"""What a list says, and what each template of it becomes."""

import json
from typing import Any

import pytest

from gallery.compose.parse import parse_project
from gallery.lists.reading import differences, list_read
from portal.problems import Invalid

from .conftest import STACK, WEB, listing


def one(**changes: Any) -> dict[str, Any]:
    return list_read(listing({**WEB, **changes}))[0]


@pytest.mark.parametrize("version", ["2", "3"])
def test_a_container_with_everything(version: str) -> None:
    found = list_read(listing(WEB, version=version))[0]
    assert found["refusal"] == ""
    assert found["name"] == "web-server"
    assert found["categories"] == ["web-servers", "docker"]
    assert found["system"] == "linux"
    assert found["images"] == ["nginx:1.27"]
    assert "<" not in found["note"]
    asked = {row["name"]: row for row in found["parameters"]}
    assert set(asked) == {"SIZE", "ADMIN_PASSWORD", "HTTP_PORT"}
    assert asked["SIZE"]["kind"] == "choice"
    assert asked["SIZE"]["choices"] == ["s", "l"]
    assert asked["SIZE"]["default"] == "s"
    assert asked["SIZE"]["help"] == "How big. s: Small; l: Large"
    assert asked["ADMIN_PASSWORD"] | {"kind": "secret", "required": True} == asked["ADMIN_PASSWORD"]
    assert asked["ADMIN_PASSWORD"]["label"] == "Password of the administrator"
    assert asked["HTTP_PORT"]["kind"] == "port"
    values = {"SIZE": "l", "ADMIN_PASSWORD": "x", "HTTP_PORT": "9"}
    service = parse_project(found["compose"], values, "x").services[0]
    assert service.environment == {"MODE": "fixed", **values}
    assert service.privileged
    assert service.labels == {"owner": "us$"}
    assert [mount.target for mount in service.mounts] == ["/data", "/etc/site"]
    assert service.restart.name == "unless-stopped"


def test_a_stack_is_told_by_its_repository() -> None:
    found = list_read(listing(STACK))[0]
    assert (found["repository"], found["file"]) == ("https://git.example/acme/stacks", "one/docker-compose.yml")
    assert found["compose"] == ""
    assert [row["name"] for row in found["parameters"]] == ["TAG"]


@pytest.mark.parametrize(
    "logo",
    [
        "javascript:alert(1)",
        "data:image/svg+xml,<svg onload=1>",
        "http://x/y.png",
        "//x/y",
        "https://u:p@x/y",
        "x" * 900,
    ],
)
def test_a_logo_is_a_plain_address_or_none(logo: str) -> None:
    assert one(logo=logo)["logo"] == ""


def test_what_cannot_be_deployed_says_why() -> None:
    assert "names no image" in one(image="")["refusal"]
    assert "nonsense" in one(nonsense=1)["refusal"]
    assert "9" in one(type=9)["refusal"]
    wrong = one(ports=["not a port"])
    assert wrong["refusal"]
    assert wrong["compose"] == ""
    assert list_read(listing({**STACK, "repository": {"url": "file:///etc"}}))[0]["refusal"]
    assert list_read('{"version": "3", "templates": [5]}')[0]["refusal"]


def test_names_are_there_once() -> None:
    assert [row["name"] for row in list_read(listing(WEB, WEB, {**WEB, "title": "日本"}))] == [
        "web-server",
        "web-server-2",
        "template",
    ]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "JSON"),
        ("<html>Not found</html>", "JSON"),
        ('{"version": "4", "templates": []}', "version"),
        ('{"templates": []}', "version"),
        ('{"version": "3"}', "no list"),
        ('{"version": "3", "templates": {}}', "no list"),
        ("[]", "old version"),
        ('"3"', "no list"),
        ("[" * 100_000, "old version"),
        ('{"version":' + "[" * 100_000, "deep"),
        (json.dumps({"version": "3", "templates": [{}] * 1001}), "1000"),
        (json.dumps({"version": "3", "templates": [{}] * 2001}), "2000"),
    ],
)
def test_what_is_no_list(text: str, word: str) -> None:
    with pytest.raises(Invalid) as caught:
        list_read(text)
    assert word in caught.value.fields["url"][0]


def test_differences() -> None:
    old = list_read(listing(WEB, STACK))
    new = list_read(listing({**WEB, "image": "nginx:1.28", "title": "Web server"}, {**WEB, "title": "Other"}))
    found = differences(old, new)
    assert found["added"] == [{"name": "other", "title": "Other"}]
    assert found["removed"] == [{"name": "a-stack", "title": "A stack"}]
    assert found["changed"] == [{"name": "web-server", "title": "Web server", "parts": ["compose", "images"]}]
    assert not any(differences(old, old).values())
