"""The gallery over the API: shapes of the public contract, paging, problems."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from gallery.models import KeptAnswer
from portal.people.models import User
from tests.gallery.conftest import LINUX_HOST, WINDOWS_HOST
from tests.gallery.registry.test_real_registry import upload
from tests.lab.registry import Registry
from tests.people import ApiClient
from tests.standins.hub import HubStandIn

pytestmark = pytest.mark.django_db
ApiOf = Callable[[User | None], ApiClient]


@pytest.fixture
def api(viewer: User, api_of: ApiOf) -> ApiClient:
    return api_of(viewer)


def body(api: ApiClient, path: str, status: int = 200) -> Any:
    answer = api.get(path)
    assert answer.status_code == status, answer.content
    return json.loads(answer.content)


def test_search(api: ApiClient, hub: HubStandIn, known_hosts: None) -> None:
    found = body(api, "gallery/search?q=postgres")
    item = found["items"][0]
    assert (item["source"], item["namespace"], item["name"], item["reference"]) == (
        "hub",
        "library",
        "postgres",
        "postgres",
    )
    assert (item["official"], item["pulls"], item["pulls_exact"]) == (True, 1_000_000_000, False)
    assert {"os": "windows", "architecture": "amd64", "variant": "", "os_version": ""} in item["platforms"]
    assert item["fits"] == [LINUX_HOST, WINDOWS_HOST]
    assert found["items"][-1]["template"] in {"postgres", "gitea"}
    assert found["sources"][0]["state"] == "online"
    assert found["next"] is None


def test_search_page_by_page(api: ApiClient, hub: HubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    import gallery.search as module

    monkeypatch.setattr(module, "PAGE_SIZE", 2)
    first = body(api, "gallery/search?q=a&source=hub")
    second = body(api, f"gallery/search?q=a&source=hub&cursor={first['next']}")
    assert {item["reference"] for item in first["items"]}.isdisjoint(item["reference"] for item in second["items"])


def test_search_with_a_source_that_is_away(api: ApiClient) -> None:
    found = body(api, "gallery/search?q=redis")
    assert [item["template"] for item in found["items"]] == ["redis"]
    assert {source["state"] for source in found["sources"]} == {"offline"}
    assert all(source["detail"] for source in found["sources"])


@pytest.mark.parametrize("query", ["os=beos", "sort=evil", "official=perhaps", "q=" + "a" * 300])
def test_search_refuses_senseless_filters(api: ApiClient, query: str) -> None:
    assert body(api, f"gallery/search?{query}", 422)["errors"]


@pytest.mark.parametrize("cursor", ["p1", "px", "5", "p999999", "p-1", "p%00"])
def test_foreign_cursors(api: ApiClient, cursor: str) -> None:
    assert "cursor" in body(api, f"gallery/search?cursor={cursor}", 422)["errors"]


def test_a_repository(api: ApiClient, hub: HubStandIn) -> None:
    found = body(api, "gallery/repositories/hub/library/nginx")
    assert found["readme"].startswith("# What is nginx?")
    assert found["readme_html"].startswith("<h2>What is nginx?</h2>")
    assert (found["official"], found["stale"], found["pulls"]) == (True, False, 12_981_954_060)
    assert found["categories"] == ["web-servers"]
    missing = body(api, "gallery/repositories/hub/acme/nothing", 404)
    assert missing["code"] == "repository-not-found"


def test_a_repository_that_is_stale(api: ApiClient, hub: HubStandIn) -> None:
    body(api, "gallery/repositories/hub/library/nginx")
    hub.switches.status = 502
    KeptAnswer.objects.update(fetched_at="2026-01-01T00:00:00Z")
    found = body(api, "gallery/repositories/hub/library/nginx")
    assert found["stale"] is True
    assert "502" in found["detail"]
    assert found["fetched_at"].startswith("2026-01-01")


def test_the_hub_away_is_a_503(api: ApiClient) -> None:
    found = body(api, "gallery/repositories/hub/library/nginx", 503)
    assert found["code"] == "hub-unavailable"


def test_tags(api: ApiClient, hub: HubStandIn, known_hosts: None) -> None:
    found = body(api, "gallery/repositories/hub/library/postgres/tags?os=windows")
    assert [item["name"] for item in found["items"]] == ["17"]
    item = found["items"][0]
    assert item["reference"] == "postgres:17"
    assert item["digest"].startswith("sha256:")
    assert item["fits"] == [LINUX_HOST, WINDOWS_HOST]
    assert {platform["os_version"] for platform in item["platforms"]} >= {"10.0.20348.2655", "10.0.26100.1742"}
    assert all(platform["size"] > 0 for platform in item["platforms"])
    assert item["pushed_at"].startswith("2026-11-01")


def test_every_tag_page_by_page(api: ApiClient, hub: HubStandIn) -> None:
    names: list[str] = []
    path = "gallery/repositories/hub/acme/many/tags?limit=50"
    found = body(api, path)
    assert found["total"] == 130
    names += [item["name"] for item in found["items"]]
    while found["next"]:
        found = body(api, f"{path}&cursor={found['next']}")
        names += [item["name"] for item in found["items"]]
    assert len(names) == len(set(names)) == 130


def test_tags_of_a_plain_registry(api: ApiClient, registry: Registry, settings: Settings) -> None:
    upload(registry.url, "api/deep/app", "1", {"os": "linux", "architecture": "arm64"})
    found = body(api, f"gallery/repositories/{registry.netloc}/api/deep/app/tags")
    assert found["items"][0]["reference"] == f"{registry.netloc}/api/deep/app:1"
    assert found["items"][0]["platforms"][0]["architecture"] == "arm64"
    assert body(api, f"gallery/repositories/{registry.netloc}/api/nothing/tags", 404)["code"] == "image-not-found"


def test_templates(api: ApiClient, known_hosts: None) -> None:
    rows = body(api, "gallery/templates")["items"]
    assert rows[0]["slug"] == "hello"
    assert {"iis"} == {row["slug"] for row in rows if row["fits"] == [WINDOWS_HOST]}
    assert [row["slug"] for row in body(api, "gallery/templates?q=gitea")["items"]] == ["gitea"]
    found = body(api, "gallery/templates/wordpress")
    assert found["compose"].startswith("services:")
    secret = next(one for one in found["parameters"] if one["name"] == "DB_PASSWORD")
    assert (secret["kind"], secret["secret"], secret["required"], secret["default"]) == ("secret", True, True, "")
    assert body(api, "gallery/templates/nothing", 404)["code"] == "template-not-found"


def test_signing_in_is_needed(api_of: ApiOf) -> None:
    assert body(api_of(None), "gallery/search", 401)
