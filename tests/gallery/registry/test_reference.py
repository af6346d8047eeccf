"""What is an image reference, what it means, and what a person is told when it is none."""

import pytest

from gallery.registry.errors import NotAReference
from gallery.registry.reference import Reference, parse_reference

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "host", "repository", "tag", "digest"),
    [
        ("nginx", "", "library/nginx", "latest", ""),
        ("nginx:1.27", "", "library/nginx", "1.27", ""),
        ("grafana/grafana:11.2.0", "", "grafana/grafana", "11.2.0", ""),
        ("docker.io/nginx", "", "library/nginx", "latest", ""),
        ("docker.io/library/nginx:1", "", "library/nginx", "1", ""),
        ("index.docker.io/library/nginx", "", "library/nginx", "latest", ""),
        ("registry-1.docker.io/library/nginx", "", "library/nginx", "latest", ""),
        ("ghcr.io/owner/deep/name:v1", "ghcr.io", "owner/deep/name", "v1", ""),
        ("localhost/app", "localhost", "app", "latest", ""),
        ("localhost:5000/app:2", "localhost:5000", "app", "2", ""),
        ("127.0.0.1:5000/team/app", "127.0.0.1:5000", "team/app", "latest", ""),
        ("[::1]:5000/app", "[::1]:5000", "app", "latest", ""),
        ("mcr.microsoft.com/windows/servercore/iis", "mcr.microsoft.com", "windows/servercore/iis", "latest", ""),
        (f"nginx@{DIGEST}", "", "library/nginx", "", DIGEST),
        (f"nginx:1.27@{DIGEST}", "", "library/nginx", "1.27", DIGEST),
        ("  nginx  ", "", "library/nginx", "latest", ""),
        ("a__b/c-d.e_f", "", "a__b/c-d.e_f", "latest", ""),
        ("pierhead/hello:1", "", "pierhead/hello", "1", ""),
    ],
)
def test_reads_what_people_write(text: str, host: str, repository: str, tag: str, digest: str) -> None:
    assert parse_reference(text) == Reference(host, repository, tag, digest)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("Nginx", "lower case; try nginx"),
        ("https://hub.docker.com/_/nginx", "web address"),
        ("ng inx", "space"),
        ("nginx:", "is not a tag"),
        ("nginx:-x", "is not a tag"),
        ("nginx:" + "x" * 129, "is not a tag"),
        ("nginx@sha256:abc", "not a digest"),
        ("nginx@md5:" + "a" * 32, "not a digest"),
        ("a//b", "empty part"),
        ("-nginx", "the part “-nginx”"),
        ("ng..inx", "the part “ng..inx”"),
        ("exa_mple.com/app", "not the name of a registry"),
        ("ghcr.io/", "missing"),
        ("a" * 256, "longer than 255"),
        ("a" * 600, "longer than 512"),
        ("../../etc/passwd", "not the name of a registry"),
        ("library/nginx\x00", "not allowed"),
    ],
)
def test_says_which_part_is_wrong(text: str, why: str) -> None:
    with pytest.raises(NotAReference, match="is not an image reference") as caught:
        parse_reference(text)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("text", "familiar"),
    [
        ("nginx", "nginx:latest"),
        ("docker.io/library/nginx:1", "nginx:1"),
        ("grafana/grafana", "grafana/grafana:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        (f"nginx@{DIGEST}", f"nginx@{DIGEST}"),
    ],
)
def test_writes_the_familiar_form(text: str, familiar: str) -> None:
    assert str(parse_reference(text)) == familiar
    assert parse_reference(familiar) == parse_reference(text)


def test_parts_of_the_path() -> None:
    reference = parse_reference("mcr.microsoft.com/windows/servercore/iis:ltsc2022")
    assert reference.namespace == "windows/servercore"
    assert reference.name == "iis"
    assert reference.familiar_repository == "mcr.microsoft.com/windows/servercore/iis"
    assert reference.target == "ltsc2022"
    assert str(reference.with_tag("ltsc2025")) == "mcr.microsoft.com/windows/servercore/iis:ltsc2025"


def test_the_digest_wins_over_the_tag() -> None:
    assert parse_reference(f"nginx:1.27@{DIGEST}").target == DIGEST
