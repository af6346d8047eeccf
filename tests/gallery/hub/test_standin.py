"""The stand-in against what Docker published and what was recorded of the real Docker Hub."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from gallery.hub.documents import repository, search_item_v2, tag
from gallery.hub.types import SearchFilter
from tests.standins.hub import HubStandIn
from tests.standins.hub.content import shared_content

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def specification(shared_data: Path) -> dict[str, Any]:
    text = (shared_data.parent / "reference" / "hub-api-2.yaml").read_text()
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return found


def recorded(shared_data: Path, name: str) -> Any:
    return json.loads((shared_data / "hub-fixtures" / name).read_text())


def answer(hub: HubStandIn, path: str) -> Any:
    return json.loads(hub.reply(path, {"User-Agent": "Pierhead/0.1"}).body)


def same_shape(one: Any, other: Any, path: str = "") -> list[str]:
    """Where the kinds of values differ; keys that only one side has are named. null fits everything."""
    if one is None or other is None:
        return []
    if isinstance(one, dict) and isinstance(other, dict):
        missing = [f"{path}.{key}" for key in set(one) ^ set(other)]
        return missing + [
            word for key in set(one) & set(other) for word in same_shape(one[key], other[key], f"{path}.{key}")
        ]
    if isinstance(one, list) and isinstance(other, list):
        return same_shape(one[0], other[0], f"{path}[]") if one and other else []
    return [] if type(one) is type(other) else [f"{path}: {type(one).__name__} and {type(other).__name__}"]


@pytest.mark.parametrize(
    ("path", "fixture"),
    [
        ("/v2/search/repositories/?query=nginx&page_size=1", "search_v2_nginx_page1.json"),
        ("/v2/namespaces/acme/repositories/windows-app", "repo_detail_ebusinessdocker_disney.json"),
        ("/v2/namespaces/acme/repositories/windows-app/tags?page_size=1", "tags_page_ebusinessdocker_disney.json"),
        ("/v2/namespaces/library/repositories/nginx/tags/latest", "tag_detail_n8nio_n8n_1.119.1.json"),
    ],
)
def test_has_the_recorded_shape(shared_data: Path, path: str, fixture: str) -> None:
    differing = same_shape(answer(HubStandIn(), path), recorded(shared_data, fixture))
    # Recorded without a README, and without an index digest on an old single-platform tag.
    allowed = {".full_description", ".results[].digest"}
    assert set(differing) <= allowed


def test_namespace_rows_have_the_specified_shape(shared_data: Path) -> None:
    given = recorded(shared_data, "namespace_repositories_docker_spec_example.json")
    assert same_shape(answer(HubStandIn(), "/v2/namespaces/library/repositories"), given) == []


def test_errors_have_the_recorded_shape(shared_data: Path) -> None:
    errors = recorded(shared_data, "errors.json")
    hub = HubStandIn()
    missing = answer(hub, "/v2/namespaces/library/repositories/nginx/tags/9")
    assert missing["message"].startswith("httperror 404: tag '9' not found")
    assert set(missing) == set(errors["tag_404"]["body"])
    hub.switches.limit = "seconds"
    assert answer(hub, "/v2/categories/") == errors["hub_api_429_harbor_21267_2024"]["body"]
    hub.switches.limit = "abuse"
    assert hub.reply("/v2/categories/", {}).body.decode() == errors["abuse_429_hub-feedback_1907"]["text"]


def test_repository_answers_fit_the_published_schema(specification: dict[str, Any]) -> None:
    path = specification["paths"]["/v2/namespaces/{namespace}/repositories/{repository}"]["get"]
    schema = path["responses"][200]["content"]["application/json"]["schema"]
    resolved = {**schema, "components": specification["components"]}
    _validate(answer(HubStandIn(), "/v2/namespaces/library/repositories/nginx"), resolved)


def _validate(value: Any, schema: dict[str, Any]) -> None:
    """Against an OpenAPI 3.0 schema: `nullable` is JSON Schema's null."""

    def nullable(node: Any) -> Any:
        if isinstance(node, dict):
            found = {key: nullable(inner) for key, inner in node.items()}
            if found.pop("nullable", False) and isinstance(found.get("type"), str):
                found["type"] = [found["type"], "null"]
                if "enum" in found:
                    found["enum"] = [*found["enum"], None]
            return found
        return [nullable(inner) for inner in node] if isinstance(node, list) else node

    jsonschema.validate(value, nullable(schema))


def test_recorded_answers_are_read(shared_data: Path) -> None:
    found = [search_item_v2(row) for row in recorded(shared_data, "search_v2_nginx_page1.json")["results"]]
    assert [(one.namespace, one.name) for one in found if one] == [
        ("library", "nginx"), ("nginx", "nginx-ingress"), ("nginx", "nginx-prometheus-exporter"),
    ]  # fmt: skip
    detail = repository(recorded(shared_data, "repo_detail_ebusinessdocker_disney.json"))
    assert detail is not None
    assert (detail.full_description, detail.pulls) == ("", 275)
    recent = tag(recorded(shared_data, "tag_detail_n8nio_n8n_1.119.1.json"))
    assert recent is not None
    assert [str(image.platform) for image in recent.images] == ["linux/amd64", "linux/arm64"]
    old = tag(recorded(shared_data, "tags_page_library_ubuntu_2021_first_row.json")["results"][0])
    assert old is not None
    assert (old.digest, len(old.images) >= 5) == ("", True)


def test_holds_every_official_image(shared_data: Path) -> None:
    from gallery.hub.client import HubClient

    hub = HubStandIn(shared_content(shared_data))
    assert len(hub.content) == 144
    client = HubClient("https://hub.test", transport=hub.transport())
    page = client.search(SearchFilter("nginx"))
    assert page.items[0].name == "nginx"
    for one in list(hub.content.values())[::12]:
        assert client.repository("library", one.name).full_description == one.readme
        assert client.tags("library", one.name, size=100).total == len(one.tags)
