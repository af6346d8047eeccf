"""The client against the real docker-registry program."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gallery.registry.client import RegistryClient
from gallery.registry.documents import Index, Manifest
from gallery.registry.errors import ManifestUnknown, RepositoryUnknown, Unreachable
from gallery.registry.types import Platform
from tests.lab.registry import Registry

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = {"config": {"ExposedPorts": {"80/tcp": {}}, "Env": ["A=1"], "Cmd": ["serve"]}}


def digest_of(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()


def upload(url: str, repository: str, tag: str, *platforms: dict[str, str]) -> str:
    """Push an index with one manifest per platform; its digest."""
    with httpx.Client(base_url=f"{url}/v2/{repository}/") as http:
        rows = [_platform(http, platform) for platform in platforms]
        index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": rows}).encode()
        assert http.put(f"manifests/{tag}", content=index, headers={"content-type": INDEX}).status_code == 201
    return digest_of(index)


def _descriptor(kind: str, body: bytes) -> dict[str, Any]:
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest_of(body), "size": len(body)}


def _platform(http: httpx.Client, platform: dict[str, str]) -> dict[str, Any]:
    config = json.dumps({**platform, **CONFIG, "rootfs": {"type": "layers", "diff_ids": []}}).encode()
    layer = b"layer of " + json.dumps(platform).encode()
    for blob in (config, layer):
        started = http.post("blobs/uploads/")
        target = httpx.URL(started.headers["location"]).copy_merge_params({"digest": digest_of(blob)})
        assert http.put(target, content=blob).status_code == 201
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _descriptor("config.v1+json", config),
            "layers": [_descriptor("layer.v1.tar", layer)],
        }
    ).encode()
    answer = http.put(f"manifests/{digest_of(manifest)}", content=manifest, headers={"content-type": MANIFEST})
    assert answer.status_code == 201
    return {"mediaType": MANIFEST, "digest": digest_of(manifest), "size": len(manifest), "platform": platform}


@pytest.fixture
def client(registry: Registry) -> Iterator[RegistryClient]:
    found = RegistryClient(registry.url, seconds=5)
    yield found
    found.close()


def test_from_tag_to_configuration(registry: Registry, client: RegistryClient) -> None:
    windows = {"os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1"}
    digest = upload(registry.url, "gallery/app", "1", {"os": "linux", "architecture": "amd64"}, windows)
    assert client.resolve("gallery/app", "1").digest == digest
    assert client.resolve("gallery/app", digest).digest == digest
    index = client.manifest("gallery/app", digest)
    assert isinstance(index, Index)
    assert [found.platform for found in index.platforms] == [
        Platform("linux", "amd64"),
        Platform("windows", "amd64", "", "10.0.20348.1"),
    ]
    manifest = client.manifest("gallery/app", index.platforms[0].digest)
    assert isinstance(manifest, Manifest)
    assert manifest.size > 100
    config = client.config("gallery/app", manifest.config_digest)
    assert (config.ports, config.environment, config.command) == (("80/tcp",), {"A": "1"}, ("serve",))


def test_tags_and_catalog(registry: Registry, client: RegistryClient) -> None:
    for tag in ("1", "2", "latest"):
        upload(registry.url, "gallery/tags", tag, {"os": "linux", "architecture": "amd64"})
    assert sorted(client.tags("gallery/tags").tags) == ["1", "2", "latest"]
    names: list[str] = []
    page = client.catalog()
    names += page.repositories
    while page.next:
        page = client.catalog(page.next)
        names += page.repositories
    assert "gallery/tags" in names


def test_the_catalog_is_followed_page_by_page(registry: Registry, client: RegistryClient) -> None:
    for number in range(3):
        upload(registry.url, f"gallery/page{number}", "1", {"os": "linux", "architecture": "amd64"})
    first = client.catalog("/v2/_catalog?n=2")
    assert len(first.repositories) == 2
    assert first.next is not None
    second = client.catalog(first.next)
    assert second.repositories
    assert not set(first.repositories) & set(second.repositories)


def test_unknown_things(registry: Registry, client: RegistryClient) -> None:
    upload(registry.url, "gallery/known", "1", {"os": "linux", "architecture": "amd64"})
    with pytest.raises(ManifestUnknown):
        client.resolve("gallery/known", "2")
    with pytest.raises(RepositoryUnknown):
        client.tags("gallery/unknown")


def test_a_registry_that_was_stopped(registry: Registry, client: RegistryClient) -> None:
    registry.halt()
    try:
        with pytest.raises(Unreachable, match="refused"):
            client.tags("gallery/any")
    finally:
        registry.start()
    assert client.catalog().repositories is not None
