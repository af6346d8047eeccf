"""From a reference to digest, platforms, sizes and configuration, at the real registry."""

import time

import pytest
from pytest_django.fixtures import Settings

from gallery import images
from gallery.images import (
    ResolvedImage,
    build_context_for,
    image_config,
    image_size,
    near_tags,
    pull_reference,
    registry_problem,
    repository_digest,
    repository_digest_anew,
    resolve_image,
)
from gallery.problems import (
    ImageNotFound,
    ReferenceInvalid,
    RegistryDenied,
    RegistryUnavailable,
    SourceLimited,
    TagNotFound,
)
from gallery.registry.errors import AccessDenied, BadAnswer, RateLimited, RegistryError, Unreachable
from gallery.registry.reference import parse_reference
from gallery.registry.types import Platform, PlatformManifest
from portal.problems import Problem
from tests.gallery.registry.test_real_registry import upload
from tests.lab.registry import Registry

pytestmark = pytest.mark.django_db

LINUX = {"os": "linux", "architecture": "amd64"}


@pytest.fixture
def default_registry(registry: Registry, settings: Settings) -> Registry:
    """The real registry, as the one that images without a host are resolved at."""
    settings.REGISTRY_URL = registry.url
    return registry


def test_resolves_at_the_registry_that_the_reference_names(registry: Registry) -> None:
    digest = upload(registry.url, "images/app", "1", LINUX, {"os": "linux", "architecture": "arm64"})
    found = resolve_image(f"{registry.netloc}/images/app:1")
    assert found.reference == f"{registry.netloc}/images/app:1"
    assert found.index_digest == digest
    assert [one.platform for one in found.platforms] == [Platform("linux", "amd64"), Platform("linux", "arm64")]
    assert resolve_image(f"{registry.netloc}/images/app@{digest}").platforms == found.platforms


def test_resolves_at_the_default_registry_without_a_host(default_registry: Registry) -> None:
    digest = upload(default_registry.url, "library/plain", "1", LINUX)
    assert resolve_image("plain:1").index_digest == digest
    assert resolve_image("docker.io/library/plain:1").index_digest == digest
    assert pull_reference("plain:1") == f"{default_registry.netloc}/library/plain:1"


def test_who_was_told_of_a_push_is_not_given_the_answer_of_moments_ago(registry: Registry) -> None:
    reference = parse_reference(f"{registry.netloc}/images/pushed:1")
    first = upload(registry.url, "images/pushed", "1", LINUX)
    assert repository_digest(reference) == first
    second = upload(registry.url, "images/pushed", "1", LINUX, {"os": "linux", "architecture": "arm64"})
    assert repository_digest_anew(reference) == second
    assert repository_digest(reference) == second


def test_configuration_and_size_of_a_platform(registry: Registry) -> None:
    upload(registry.url, "images/config", "1", LINUX)
    reference = f"{registry.netloc}/images/config:1"
    platform = resolve_image(reference).platforms[0]
    assert image_config(reference, platform).ports == ("80/tcp",)
    size = image_size(reference, platform)
    assert size is not None
    assert size > 100


def test_an_unknown_tag_names_near_ones_in_under_a_second(registry: Registry) -> None:
    for tag in ("1.26", "1.27", "latest"):
        upload(registry.url, "images/near", tag, LINUX)
    started = time.monotonic()
    with pytest.raises(TagNotFound) as caught:
        resolve_image(f"{registry.netloc}/images/near:1.28")
    assert time.monotonic() - started < 1
    assert caught.value.near == ("1.27", "1.26")
    assert "Near ones: 1.27, 1.26" in caught.value.detail
    assert caught.value.code == "tag-not-found"


def test_an_unknown_repository_in_under_a_second(registry: Registry) -> None:
    started = time.monotonic()
    with pytest.raises(ImageNotFound) as caught:
        resolve_image(f"{registry.netloc}/images/nothing:1")
    assert time.monotonic() - started < 1
    assert caught.value.code == "image-not-found"
    assert "no repository" in caught.value.detail
    assert caught.value.fields == {"image": [caught.value.detail]}


def test_a_pushed_tag_is_seen_within_seconds_and_content_is_kept(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = f"{registry.netloc}/images/moving:1"
    first = upload(registry.url, "images/moving", "1", LINUX)
    assert resolve_image(reference).index_digest == first
    second = upload(registry.url, "images/moving", "1", {"os": "linux", "architecture": "s390x"})
    assert resolve_image(reference).index_digest == first
    monkeypatch.setattr(images, "TAG_AGE", images.TAG_AGE * 0)
    assert resolve_image(reference).index_digest == second


def test_a_registry_that_is_away_is_said_at_once_the_second_time(registry: Registry) -> None:
    registry.halt()
    try:
        with pytest.raises(RegistryUnavailable, match="refused"):
            resolve_image(f"{registry.netloc}/images/any:1")
        started = time.monotonic()
        with pytest.raises(RegistryUnavailable) as caught:
            resolve_image(f"{registry.netloc}/images/other:1")
        assert time.monotonic() - started < 0.1
        assert caught.value.detail.count("does not answer") == 1
    finally:
        registry.start()


def test_the_sample_needs_no_registry() -> None:
    found = resolve_image("pierhead/hello:1")
    assert found == ResolvedImage("pierhead/hello:1", "", (PlatformManifest(Platform("linux", "amd64"), ""),))
    assert image_config("pierhead/hello:1", found.platforms[0]).ports == ("8080/tcp",)
    assert image_size("pierhead/hello:1", found.platforms[0]) is None
    assert build_context_for("nginx:1") is None


@pytest.mark.parametrize("text", ["", "Nginx", "https://x/y", "a b"])
def test_what_is_no_reference(text: str) -> None:
    with pytest.raises(ReferenceInvalid) as caught:
        resolve_image(text)
    assert caught.value.fields["image"] == [caught.value.detail]


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (AccessDenied("x", hidden=True), ImageNotFound, "or it is private"),
        (AccessDenied("It wants a password."), RegistryDenied, "It wants a password."),
        (RateLimited("wait", 30), SourceLimited, "wait"),
        (Unreachable("r.test does not answer: refused."), RegistryUnavailable, "refused"),
        (BadAnswer("senseless"), RegistryUnavailable, "senseless"),
        (ValueError("a bug"), RegistryUnavailable, "r.test does not answer."),
    ],
)
def test_errors_become_problems(error: RegistryError, expected: type[Problem], words: str) -> None:
    problem = registry_problem(parse_reference("r.test/a/b:1"), error)
    assert type(problem) is expected
    assert words in problem.detail


@pytest.mark.parametrize(
    ("tag", "tags", "expected"),
    [
        ("1.28", ("1.27", "1.26", "latest", "stable"), ("1.27", "1.26")),
        ("ltsc", ("ltsc2022", "x"), ("ltsc2022",)),
        ("zzz", ("1", "2", "latest"), ("latest", "1", "2")),
        ("x", (), ()),
    ],
)
def test_near_tags(tag: str, tags: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert near_tags(tag, tags) == expected


def test_engines_pull_from_docker_hub_by_the_usual_name(settings: Settings) -> None:
    settings.REGISTRY_URL = "https://registry-1.docker.io"
    assert pull_reference("nginx") == "nginx:latest"
    settings.REGISTRY_URL = "https://mirror.example"
    assert pull_reference("nginx:1") == "mirror.example/library/nginx:1"
    assert pull_reference("ghcr.io/a/b:1") == "ghcr.io/a/b:1"
