"""Updates that are updates: every case in which other tools raise a false alarm, or miss a true one."""

import pytest

from gallery.verdicts import Running, TagFact, Verdict, needs_platforms, verdict


def digest(letter: str) -> str:
    return "sha256:" + letter * 64


OLD, NEW, OTHER, AMD64, ARM64 = (digest(letter) for letter in "abcde")
INDEX = TagFact(NEW, frozenset({AMD64, ARM64}))


def at(repository: str, *digests: str) -> tuple[str, ...]:
    return tuple(f"{repository}@{one}" for one in digests)


CASES = [
    # the plain ones
    ("same", Running("nginx:1", at("nginx", NEW)), INDEX, Verdict.CURRENT),
    ("another", Running("nginx:1", at("nginx", OLD)), INDEX, Verdict.UPDATE),
    ("no tag is latest", Running("nginx", at("nginx", NEW)), INDEX, Verdict.CURRENT),
    ("long name", Running("docker.io/library/nginx:1", at("nginx", OLD)), INDEX, Verdict.UPDATE),
    ("other registry", Running("ghcr.io/a/b:1", at("ghcr.io/a/b", OLD)), INDEX, Verdict.UPDATE),
    # several RepoDigests: all are looked at, whatever their order
    ("first of two", Running("nginx:1", at("nginx", NEW, OLD)), INDEX, Verdict.CURRENT),
    ("last of two", Running("nginx:1", at("nginx", OLD, NEW)), INDEX, Verdict.CURRENT),
    ("of two repositories", Running("nginx:1", at("r.test/nginx", OLD) + at("nginx", NEW)), INDEX, Verdict.CURRENT),
    ("the mirror has it", Running("nginx:1", at("nginx", OLD) + at("r.test/nginx", NEW)), INDEX, Verdict.CURRENT),
    ("none of two", Running("nginx:1", at("nginx", OLD, OTHER)), INDEX, Verdict.UPDATE),
    # index digest against the digest of one platform
    ("pulled by platform", Running("nginx:1", at("nginx", AMD64)), INDEX, Verdict.CURRENT),
    ("old platform", Running("nginx:1", at("nginx", OTHER)), INDEX, Verdict.UPDATE),
    ("platforms not looked at", Running("nginx:1", at("nginx", AMD64)), TagFact(NEW), Verdict.UNKNOWN),
    ("single manifest", Running("app:1", at("app", NEW)), TagFact(NEW, frozenset()), Verdict.CURRENT),
    # pinned by digest
    ("pinned", Running(f"nginx@{OLD}", at("nginx", OLD)), INDEX, Verdict.PINNED),
    ("pinned with a tag", Running(f"nginx:1@{OLD}", at("nginx", OLD)), INDEX, Verdict.PINNED),
    # no registry ever named it
    ("built here", Running("shop/web:1", ()), INDEX, Verdict.LOCAL),
    ("loaded", Running("nginx:1", ()), INDEX, Verdict.LOCAL),
    ("nonsense", Running("nginx:1", ("<none>", "<none>@<none>"[:6])), INDEX, Verdict.LOCAL),
    # tagged by hand under a name it was not pulled from
    ("retagged", Running("nginx:1", at("r.test/mine", OLD)), INDEX, Verdict.UNKNOWN),
    ("retagged, the same", Running("nginx:1", at("r.test/mine", NEW)), INDEX, Verdict.CURRENT),
    ("same name elsewhere", Running("nginx:1", at("r.test/library/nginx", OLD)), INDEX, Verdict.UNKNOWN),
    # the tag has moved on the host itself
    ("only an id is left", Running("sha256:" + "1" * 64, at("nginx", OLD)), INDEX, Verdict.UNKNOWN),
    ("pulled already", Running("nginx:1", at("nginx", OLD), at("nginx", NEW)), INDEX, Verdict.PULLED),
    ("pulled another", Running("nginx:1", at("nginx", OLD), at("nginx", OTHER)), INDEX, Verdict.UPDATE),
    # the registry does not say
    ("limited or away", Running("nginx:1", at("nginx", OLD)), TagFact(), Verdict.UNKNOWN),
    ("no digest", Running("nginx:1", at("nginx", OLD)), TagFact("", frozenset({AMD64})), Verdict.UNKNOWN),
    ("tag is gone", Running("nginx:1", at("nginx", OLD)), TagFact(gone=True), Verdict.GONE),
    ("gone, built here", Running("shop/web:1", ()), TagFact(gone=True), Verdict.LOCAL),
    ("bad reference", Running("NOT A NAME", at("nginx", OLD)), INDEX, Verdict.UNKNOWN),
]


@pytest.mark.parametrize(("running", "tag", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_case(running: Running, tag: TagFact, expected: Verdict) -> None:
    assert verdict(running, tag) == expected


def test_docker_hubs_images_through_a_registry_of_ours() -> None:
    running = Running("nginx:1", at("127.0.0.1:5000/library/nginx", OLD))
    assert verdict(running, INDEX, mirror="127.0.0.1:5000") == Verdict.UPDATE
    assert verdict(running, INDEX) == Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("running", "tag", "needed"),
    [
        (Running("nginx:1", at("nginx", OLD)), TagFact(NEW), True),
        (Running("nginx:1", at("nginx", NEW)), TagFact(NEW), False),
        (Running("nginx:1", at("nginx", OLD)), INDEX, False),
        (Running("nginx:1", ()), TagFact(NEW), False),
        (Running(f"nginx@{OLD}", at("nginx", OLD)), TagFact(NEW), False),
        (Running("nginx:1", at("r.test/mine", OLD)), TagFact(NEW), False),
        (Running("nginx:1", at("nginx", OLD)), TagFact(gone=True), False),
        (Running("nginx:1", at("nginx", OLD)), TagFact(), False),
    ],
)
def test_platforms_are_asked_for_only_when_the_verdict_hangs_on_them(
    running: Running, tag: TagFact, needed: bool
) -> None:
    assert needs_platforms(running, tag) is needed
