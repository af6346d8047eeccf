"""Portainer's templates become compose; stacks are told by their repository; the rest is refused with the reason."""

import json
from typing import Any

import pytest

from gallery.compose.convert.portainer import PortainerTemplate, portainer_templates
from gallery.compose.errors import ComposeInvalid
from gallery.compose.parse import parse_project, project_variables
from gallery.compose.types import Mount, Port, Restart

WORDPRESS = {
    "type": 1,
    "title": "Wordpress",
    "name": "My Wordpress",
    "description": "A blog",
    "note": "Log in as <b>admin</b>",
    "categories": ["CMS"],
    "platform": "linux",
    "logo": "https://example.org/logo.png",
    "image": "wordpress:latest",
    "registry": "reg.example.org",
    "command": "run --price $5",
    "env": [
        {"name": "DB_HOST", "label": "Database host"},
        {"name": "DB_USER", "label": "User", "default": "root"},
        {"name": "FIXED", "preset": True, "default": "a$b"},
        {"name": "OLD", "set": "kept"},
        {"name": "SIZE", "select": [{"text": "S", "value": "small"}, {"text": "L", "value": "large", "default": True}]},
    ],
    "ports": ["8080:80/tcp", "443"],
    "volumes": [
        {"container": "/data"},
        {"container": "/etc/x", "bind": "/srv/x", "readonly": True},
        {"container": "/more"},
    ],
    "labels": [{"name": "a", "value": "b"}],
    "restart_policy": "unless-stopped",
    "privileged": True,
    "interactive": True,
    "hostname": "blog",
    "network": "front",
}


def one(row: dict[str, Any], version: str = "2") -> PortainerTemplate:
    return portainer_templates(json.dumps({"version": version, "templates": [row]}))[0]


@pytest.mark.parametrize("version", ["2", "3"])
def test_a_container(version: str) -> None:
    found = one({"id": 7, **WORDPRESS} if version == "3" else WORDPRESS, version)
    assert (found.title, found.name, found.refusal) == ("Wordpress", "my-wordpress", "")
    assert (found.note, found.categories, found.platform) == ("Log in as admin", ("CMS",), "linux")
    project = parse_project(found.compose, {"DB_HOST": "db"}, "blog")
    service = project.services[0]
    assert service.image == "reg.example.org/wordpress:latest"
    assert service.command == ("run", "--price", "$5")
    assert service.environment == {"DB_HOST": "db", "DB_USER": "root", "FIXED": "a$b", "OLD": "kept", "SIZE": "large"}
    assert service.ports == (Port(80, "8080"), Port(443))
    assert service.mounts == (
        Mount("volume", "/data", "my-wordpress-data"),
        Mount("bind", "/etc/x", "/srv/x", True, True),
        Mount("volume", "/more", "my-wordpress-data-3"),
    )
    assert (service.restart, service.labels, service.hostname) == (Restart("unless-stopped"), {"a": "b"}, "blog")
    assert service.privileged
    assert service.tty
    assert project.networks["front"].external


def test_variables_are_asked_with_their_label() -> None:
    asked = {variable.name: variable for variable in project_variables(one(WORDPRESS).compose)}
    assert set(asked) == {"DB_HOST", "DB_USER", "SIZE"}
    assert (asked["DB_HOST"].required, asked["DB_HOST"].help) == (True, "Database host")
    assert asked["DB_USER"].default == "root"


@pytest.mark.parametrize("kind", [2, 3])
def test_a_stack_is_told_by_its_repository(kind: int) -> None:
    row = {"type": kind, "title": "S", "repository": {"url": "https://git.example.org/a", "stackfile": "s/compose.yml"}}
    found = one(row)
    assert (found.compose, found.repository, found.file) == ("", "https://git.example.org/a", "s/compose.yml")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"type": 3, "title": "S"}, "names no repository"),
        ({"type": 9, "title": "S"}, "Templates of type “9” are not converted."),
        ({"type": 1, "title": "S"}, "It names no image."),
        ({"type": 1, "title": "S", "image": "x", "frob": 1}, "“frob” is not known in a template."),
        ([], "It is not a template."),
    ],
)
def test_refusals(row: Any, message: str) -> None:
    assert message in one(row).refusal


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '{"version": "1", "templates": []}', '{"version": "2"}', "3", "x" * (5 << 20)]
)
def test_what_is_no_template_file(text: str) -> None:
    with pytest.raises(ComposeInvalid) as caught:
        portainer_templates(text)
    assert caught.value.refusals[0].remedy


def test_a_list_alone_is_the_older_form() -> None:
    assert portainer_templates(json.dumps([WORDPRESS]))[0].compose
