"""Every endpoint and every field of the published descriptions has its rule; what they do not name is denied."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hosts.policy.checks.containers import CREATE, EXEC, HOST_CONFIG, UPDATE
from hosts.policy.checks.images import BUILD_FREE
from hosts.policy.checks.mounts import MOUNT
from hosts.policy.checks.networks import NETWORK, VOLUME
from hosts.policy.checks.services import CONTAINER_SPEC, PRIVILEGES, SERVICE, TASK
from hosts.policy.documents import fold
from hosts.policy.endpoints import ENDPOINTS, endpoint_find

from .asking import ask

VERSIONS = ("1.41", "1.56")
# served by the engine and not described
UNDESCRIBED = {("POST", "/grpc"), ("POST", "/build/cancel")}
# written by the engine into objects of its own, never taken from a client, or a cluster's alone
NOT_TAKEN = {"clustervolumespec", "serviceVersion"}


@cache
def description(folder: Path, version: str) -> Any:
    return YAML(typ="safe").load((folder / "reference" / f"engine-api-{version}.yaml").read_text("utf-8"))


def fields_of(document: Any, schema: Any) -> list[str]:
    """The fields of a schema, through references and allOf."""
    if "$ref" in schema:
        return fields_of(document, document["definitions"][schema["$ref"].split("/")[-1]])
    found = list(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        found += fields_of(document, part)
    return found


def operations(document: Any) -> set[tuple[str, str]]:
    return {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if method in ("get", "post", "put", "delete", "head", "patch", "options")
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_every_endpoint_has_a_row(shared_data: Path, version: str) -> None:
    described = operations(description(shared_data.parent, version))
    assert len(described) > 100
    ours = {(one.method, _shape(one.path)) for one in ENDPOINTS}
    assert not {(method, path) for method, path in described if (method, _shape(path)) not in ours}
    for method, path in described:
        found = endpoint_find(method, path.replace("{id}", "abc").replace("{name}", "abc"))
        assert found is not None
        assert _shape(found[0].path) == _shape(path)


def _shape(path: str) -> str:
    return path.replace("{name}", "{}").replace("{id}", "{}")


def test_no_row_is_made_up(shared_data: Path) -> None:
    described = {
        (method, _shape(path)) for v in VERSIONS for method, path in operations(description(shared_data.parent, v))
    }
    assert {
        (one.method, one.path) for one in ENDPOINTS if (one.method, _shape(one.path)) not in described
    } == UNDESCRIBED


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("definition", "known"),
    [
        ("HostConfig", HOST_CONFIG),
        ("Resources", UPDATE),
        ("ContainerConfig", CREATE),
        ("Mount", MOUNT),
        ("ServiceSpec", SERVICE),
        ("TaskSpec", TASK),
    ],
)
def test_every_field_has_a_check(shared_data: Path, version: str, definition: str, known: dict[str, Any]) -> None:
    document = description(shared_data.parent, version)
    fields = fields_of(document, document["definitions"][definition])
    assert len(fields) > 7
    assert not [name for name in fields if fold(name) not in known]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_of_a_task_has_a_check(shared_data: Path, version: str) -> None:
    document = description(shared_data.parent, version)
    spec = document["definitions"]["TaskSpec"]["properties"]["ContainerSpec"]
    assert not [name for name in fields_of(document, spec) if fold(name) not in CONTAINER_SPEC]
    assert not [name for name in fields_of(document, spec["properties"]["Privileges"]) if fold(name) not in PRIVILEGES]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("path", "known"),
    [("/containers/{id}/exec", EXEC), ("/networks/create", NETWORK), ("/volumes/create", VOLUME)],
)
def test_every_field_of_a_body_has_a_check(shared_data: Path, version: str, path: str, known: dict[str, Any]) -> None:
    document = description(shared_data.parent, version)
    body = next(one for one in document["paths"][path]["post"]["parameters"] if one["in"] == "body")
    missing = [name for name in fields_of(document, body["schema"]) if fold(name) not in known]
    assert set(map(fold, missing)) <= NOT_TAKEN


@pytest.mark.parametrize("version", VERSIONS)
def test_every_parameter_of_a_build_is_known(shared_data: Path, version: str) -> None:
    document = description(shared_data.parent, version)
    names = [one["name"] for one in document["paths"]["/build"]["post"]["parameters"] if one["in"] == "query"]
    assert set(names) - BUILD_FREE == {"remote", "networkmode"}


@pytest.mark.parametrize("role", ["viewer", "deployer", "admin", "", "owner"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/secret"),
        ("PATCH", "/containers/json"),
        ("OPTIONS", "/containers/json"),
        ("HEAD", "/info"),
    ],
)
def test_what_is_not_in_the_table_is_denied_to_everybody(role: str, method: str, path: str) -> None:
    assert ask(method, path, role=role).rule in ("unknown-endpoint",)


def test_an_unknown_role_may_do_nothing() -> None:
    assert not any(ask(one.method, one.path.replace("{id}", "own"), role="guest").allowed for one in ENDPOINTS)
