"""What is shown of a plain registry: tags in the order of versions, what each is, what labels tell."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gallery.problems import ImageNotFound, RegistryUnavailable
from gallery.registries import (
    from_labels,
    registry_catalog,
    registry_repository,
    registry_tag_names,
    registry_tags,
)
from gallery.registry.types import ImageConfig, Platform
from gallery.repositories import RepositoryName, TagFilter, TagRow, repository_name
from gallery.sources import Source
from gallery.versions import natural
from tests.gallery.registry.test_real_registry import upload
from tests.lab.registry import Registry

MCR = "mcr.microsoft.com"
LINUX = {"os": "linux", "architecture": "amd64"}
WINDOWS = {"os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1"}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["1.9", "1.10", "1.2"], ["1.10", "1.9", "1.2"]),
        (["v2.0.0", "v10.0.0", "v9.1.0"], ["v10.0.0", "v9.1.0", "v2.0.0"]),
        (["20240101", "20231231"], ["20240101", "20231231"]),
        (["1", "1.0", "1.0.0"], ["1.0.0", "1.0", "1"]),
        (["a", "1"], ["1", "a"]),
        (["9" * 40, "1"], ["1", "9" * 40]),
        ([], []),
    ],
)
def test_versions_in_their_own_order(tags: list[str], expected: list[str]) -> None:
    assert sorted(tags, key=natural, reverse=True) == expected


@pytest.mark.parametrize(
    ("source", "namespace", "name", "path", "familiar"),
    [
        ("hub", "library", "nginx", "library/nginx", "nginx"),
        ("hub", "grafana", "grafana", "grafana/grafana", "grafana/grafana"),
        ("hub", "-", "nginx", "library/nginx", "nginx"),
        ("docker.io", "library", "nginx", "library/nginx", "nginx"),
        ("127.0.0.1:5000", "-", "app", "app", "127.0.0.1:5000/app"),
        ("127.0.0.1:5000", "a/b", "c", "a/b/c", "127.0.0.1:5000/a/b/c"),
        ("mcr.microsoft.com", "windows/servercore", "iis", "windows/servercore/iis", f"{MCR}/windows/servercore/iis"),
    ],
)
def test_names_out_of_addresses(source: str, namespace: str, name: str, path: str, familiar: str) -> None:
    found = repository_name(source, namespace, name)
    assert (found.path, found.familiar) == (path, familiar)
    assert found.image("1") == f"{familiar}:1"
    assert repository_name(found.source.slug, found.url_namespace, found.name) == found


@pytest.mark.parametrize(
    ("source", "namespace", "name"),
    [
        ("hub", "..", "x"),
        ("hub", "a b", "x"),
        ("hub", "A", "x"),
        ("hub", "evil.test", "x"),
        ("hub", "localhost", "x"),
        ("no host", "a", "b"),
        ("hub", "a", ""),
        ("host:x", "a", "b"),
    ],
)
def test_addresses_that_name_nothing(source: str, namespace: str, name: str) -> None:
    with pytest.raises(ValueError, match="not an image reference"):
        repository_name(source, namespace, name)


def test_labels_tell_what_an_image_is() -> None:
    name = RepositoryName(Source("r.test", "r.test"), "a", "b")
    labels = {
        "org.opencontainers.image.description": "Does things",
        "org.opencontainers.image.licenses": "MIT",
        "org.opencontainers.image.url": "https://b.test/",
        "org.opencontainers.image.source": "javascript:alert(1)",
        "org.opencontainers.image.documentation": "http://plain.test/",
    }
    config = ImageConfig(Platform("linux", "amd64"), labels=labels, created="2026-01-02T03:04:05Z")
    found = from_labels(name, config)
    assert (found.summary, found.license) == ("Does things", "MIT")
    assert found.links == (("Home page", "https://b.test/"),)
    assert found.last_updated == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert from_labels(name, replace(config, labels={}, created="")).last_updated is None


def test_a_row_knows_its_sizes_and_systems() -> None:
    assert (TagRow("1").smallest, TagRow("1").largest, TagRow("1").systems) == (None, None, ())


@pytest.mark.django_db
def test_tags_are_filtered_and_paged(registry: Registry) -> None:
    name = repository_name(registry.netloc, "rows", "app")
    for tag in ("1.0", "1.1", "2.0", "latest"):
        upload(registry.url, "rows/app", tag, LINUX)
    upload(registry.url, "rows/app", "2.0-windows", WINDOWS)
    upload(registry.url, "rows/app", "sha256-abc.sig", LINUX)
    assert registry_tag_names(name) == ("latest", "2.0-windows", "2.0", "1.1", "1.0")
    first = registry_tags(name, TagFilter(size=2)).value
    assert ([row.name for row in first.rows], first.total, first.more) == (["latest", "2.0-windows"], 5, True)
    last = registry_tags(name, TagFilter(size=2, page=3)).value
    assert ([row.name for row in last.rows], last.more) == (["1.0"], False)
    assert [row.name for row in registry_tags(name, TagFilter(q="1.")).value.rows] == ["1.1", "1.0"]
    assert [row.name for row in registry_tags(name, TagFilter(os="windows")).value.rows] == ["2.0-windows"]
    assert registry_tags(name, TagFilter(architecture="s390x")).value.rows == ()
    row = first.rows[0]
    assert row.digest.startswith("sha256:")
    assert row.smallest == row.largest
    assert row.systems == ("linux",)


@pytest.mark.django_db
def test_an_unknown_repository_and_a_registry_that_is_away(registry: Registry) -> None:
    with pytest.raises(ImageNotFound):
        registry_tags(repository_name(registry.netloc, "rows", "nothing"), TagFilter())
    with pytest.raises(ImageNotFound):
        registry_repository(repository_name(registry.netloc, "rows", "nothing"))
    with pytest.raises(RegistryUnavailable):
        registry_catalog(Source("127.0.0.1:9", "closed"))


@pytest.mark.django_db
def test_the_catalog_is_searched_by_words(registry: Registry) -> None:
    for path in ("words/one-web", "words/two-web", "words/web"):
        upload(registry.url, path, "1", LINUX)
    source = Source(registry.netloc, registry.netloc)
    assert registry_catalog(source, "words web").value == ("words/one-web", "words/two-web", "words/web")
    assert registry_catalog(source, "web").value[0] == "words/web"
    assert registry_catalog(source, "nothing like it").value == ()
