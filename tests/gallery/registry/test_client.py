"""Reading a registry: digests by HEAD, platforms without attestations, sizes, configuration, tags page by page."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from gallery.registry.client import ACCEPT, RegistryClient
from gallery.registry.documents import Index, Manifest, parse_config, parse_manifest
from gallery.registry.errors import BadAnswer, ManifestUnknown, RepositoryUnknown
from gallery.registry.types import Healthcheck, Platform, Resolved

from .fakes import FakeRegistry, digest_of

AMD = {"os": "linux", "architecture": "amd64"}
ARM = {"os": "linux", "architecture": "arm", "variant": "v7"}
WINDOWS = {"os": "windows", "architecture": "amd64", "os.version": "10.0.20348.2655"}


def client_of(handler: Any, url: str = "https://registry.test", **more: Any) -> RegistryClient:
    return RegistryClient(url, transport=httpx.MockTransport(handler), **more)


def test_resolves_by_head_alone() -> None:
    fake = FakeRegistry()
    digest = fake.add_image("library/nginx", "1", AMD)
    resolved = client_of(fake).resolve("library/nginx", "1")
    assert resolved == Resolved(digest, "application/vnd.oci.image.index.v1+json", resolved.size)
    assert resolved.size > 0
    assert [request.method for request in fake.requests] == ["HEAD"]
    assert fake.requests[0].headers["accept"] == ACCEPT
    assert fake.requests[0].headers["user-agent"].startswith("Pierhead/")


def test_computes_the_digest_when_head_has_none() -> None:
    body = b'{"config": {"digest": "sha256:x"}}'

    def bare(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"" if request.method == "HEAD" else body)

    assert client_of(bare).resolve("a/b", "1").digest == digest_of(body)


def test_lists_platforms_without_attestations() -> None:
    fake = FakeRegistry()
    digest = fake.add_image("library/nginx", "1", AMD, ARM, WINDOWS)
    index = client_of(fake).manifest("library/nginx", digest)
    assert isinstance(index, Index)
    assert [found.platform for found in index.platforms] == [
        Platform("linux", "amd64"),
        Platform("linux", "arm", "v7"),
        Platform("windows", "amd64", "", "10.0.20348.2655"),
    ]


def test_reads_size_and_configuration_of_a_platform() -> None:
    fake = FakeRegistry()
    config = {
        "User": "app",
        "ExposedPorts": {"8080/tcp": {}, "443/tcp": {}, "53/udp": {}},
        "Env": ["PATH=/bin", "A=b=c", "EMPTY=", "=skipped"],
        "Entrypoint": ["/entry"],
        "Cmd": ["serve"],
        "Volumes": {"/data": {}},
        "WorkingDir": "/app",
        "Labels": {"org.opencontainers.image.title": "App"},
        "StopSignal": "SIGQUIT",
        "Healthcheck": {"Test": ["CMD", "true"], "Interval": 5_000_000_000, "Retries": 3},
    }
    digest = fake.add_image("a/b", "1", AMD, config=config)
    client = client_of(fake)
    index = client.manifest("a/b", digest)
    assert isinstance(index, Index)
    manifest = client.manifest("a/b", index.platforms[0].digest)
    assert isinstance(manifest, Manifest)
    assert manifest.size == manifest.config_size + 1000
    found = client.config("a/b", manifest.config_digest)
    assert found.ports == ("53/udp", "443/tcp", "8080/tcp")
    assert found.environment == {"PATH": "/bin", "A": "b=c", "EMPTY": ""}
    assert (found.entrypoint, found.command, found.user) == (("/entry",), ("serve",), "app")
    assert (found.volumes, found.working_dir, found.stop_signal) == (("/data",), "/app", "SIGQUIT")
    assert found.labels["org.opencontainers.image.title"] == "App"
    assert found.healthcheck == Healthcheck(("CMD", "true"), 5.0, None, None, 3)
    assert found.platform == Platform("linux", "amd64")


def test_content_that_does_not_match_its_digest_is_refused() -> None:
    client = client_of(lambda request: httpx.Response(200, content=b'{"manifests": []}'))
    with pytest.raises(BadAnswer, match="does not match its digest"):
        client.manifest("a/b", "sha256:" + "0" * 64)
    with pytest.raises(BadAnswer, match="does not match its digest"):
        client.config("a/b", "sha256:" + "0" * 64)


def test_tells_an_unknown_tag_from_an_unknown_repository() -> None:
    fake = FakeRegistry()
    fake.add_image("a/b", "1", AMD)
    client = client_of(fake)
    with pytest.raises(ManifestUnknown):
        client.resolve("a/b", "2")
    with pytest.raises(RepositoryUnknown):
        client.tags("no/such")
    assert client.tags("a/b").tags == ("1",)


def test_follows_the_link_header_and_nothing_else() -> None:
    pages = {
        "/v2/a/b/tags/list?n=1000": (["1", "2"], '</v2/a/b/tags/list?last=2&n=1000>; rel="next"'),
        "/v2/a/b/tags/list?last=2&n=1000": (["3"], '<https://evil.test/v2/a/b/tags/list?last=3>; rel="next"'),
    }

    def paged(request: httpx.Request) -> httpx.Response:
        tags, link = pages[request.url.raw_path.decode()]
        return httpx.Response(200, json={"tags": tags}, headers={"link": link})

    client = client_of(paged)
    first = client.tags("a/b")
    assert first.tags == ("1", "2")
    assert first.next == "/v2/a/b/tags/list?last=2&n=1000"
    second = client.tags("a/b", first.next)
    assert (second.tags, second.next) == (("3",), None)


@pytest.mark.parametrize("body", [{"tags": None}, {"tags": []}])
def test_a_repository_without_tags(body: dict[str, Any]) -> None:
    assert client_of(lambda request: httpx.Response(200, json=body)).tags("a/b").tags == ()


def test_reads_the_catalog() -> None:
    client = client_of(lambda request: httpx.Response(200, json={"repositories": ["a", "b/c"]}))
    assert client.catalog().repositories == ("a", "b/c")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"manifests": [], "mediaType": "application/vnd.oci.image.index.v1+json"}', Index),
        (b'{"manifests": []}', Index),
        (b'{"config": {"digest": "sha256:1", "size": 5}, "layers": null}', Manifest),
    ],
)
def test_knows_an_index_without_media_type(body: bytes, kind: type) -> None:
    assert isinstance(parse_manifest(body, ""), kind)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"{}", b'{"schemaVersion": 1}', b"[" * 100_000, b"\xff", b'{"config": []}']
)
def test_refuses_senseless_manifests(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        parse_manifest(body, "")


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"config": null}',
        b'{"config": {"Env": "x", "Cmd": 5, "ExposedPorts": [], "Labels": 1, "Healthcheck": {"Test": null}}}',
        b'{"history": [1, {"created_by": 5}], "os": 7}',
    ],
)
def test_reads_configurations_of_any_shape(body: bytes) -> None:
    assert parse_config(body).ports == ()


@pytest.mark.shared
def test_reads_recorded_windows_documents(shared_data: Path) -> None:
    fixtures = shared_data / "hub-fixtures"
    index = parse_manifest((fixtures / "windows_manifest_list.json").read_bytes(), "")
    assert isinstance(index, Index)
    assert [found.platform.os_version for found in index.platforms] == [
        "10.0.14393.4889",
        "10.0.17763.2458",
        "10.0.19042.1469",
        "10.0.20348.473",
    ]
    manifest = parse_manifest((fixtures / "windows_image_manifest.json").read_bytes(), "")
    assert isinstance(manifest, Manifest)
    assert [layer.foreign for layer in manifest.layers] == [True, True, False, False]
    config = parse_config((fixtures / "windows_image_config_abridged.json").read_bytes())
    assert config.platform == Platform("windows", "amd64", "", "10.0.20348.473")
    assert config.command == ("c:\\windows\\system32\\cmd.exe",)
    assert json.loads((fixtures / "windows_image_config_abridged.json").read_text())["history"][0]["created_by"] == (
        config.history[0].created_by
    )
