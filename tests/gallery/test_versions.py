"""Versions in names of tags, families, and which tag follows which: every wrong answer is a false alarm."""

import pytest

from gallery.versions import choices_of, in_family, natural, newer_tag, tag_version


@pytest.mark.parametrize(
    ("tag", "before", "numbers", "after", "early"),
    [
        ("1.27.3", "", (1, 27, 3), "", False),
        ("v2.1", "v", (2, 1), "", False),
        ("17", "", (17,), "", False),
        ("1.27.3-alpine", "", (1, 27, 3), "-alpine", False),
        ("1.27-alpine3.20-slim", "", (1, 27), "-alpine3.20-slim", False),
        ("22.04", "", (22, 4), "", False),
        ("2022-latest", "", (2022,), "-latest", False),
        ("17.0.12_7-jdk-jammy", "", (17, 0, 12), "_7-jdk-jammy", False),
        ("8.10-jdk17-alpine", "", (8, 10), "-jdk17-alpine", False),
        ("3.13.0rc2-slim", "", (3, 13, 0), "-slim", True),
        ("3.13-rc-slim", "", (3, 13), "-slim", True),
        ("2.0-beta.3", "", (2, 0), "", True),
        ("1.0.0-M5", "", (1, 0, 0), "", True),
        ("4.0-alpine", "", (4, 0), "-alpine", False),
        ("10.0-preview-nanoserver-ltsc2022", "", (10, 0), "-nanoserver-ltsc2022", True),
        ("1.2-jammy-nightly", "", (1, 2), "-jammy-nightly", True),
        ("release-1.4", "release-", (1, 4), "", False),
    ],
)
def test_reads_versions(tag: str, before: str, numbers: tuple[int, ...], after: str, early: bool) -> None:
    found = tag_version(tag)
    assert found is not None
    assert (found.before, found.numbers, found.after, found.early) == (before, numbers, after, early)


@pytest.mark.parametrize(
    "tag",
    ["latest", "alpine", "stable-slim", "", "3f1c9ab", "sha-3f1c9abdd", "20240801", "2024-08-01", "2024.08.01-slim",
     "noble-20240801", "9" * 40],
)  # fmt: skip
def test_what_names_no_version(tag: str) -> None:
    assert tag_version(tag) is None


@pytest.mark.parametrize(
    ("tag", "tags", "newer"),
    [
        ("1.27", ["1.26", "1.27", "1.28"], "1.28"),
        ("1.27", ["1.28.1", "1.28-alpine", "2"], ""),
        ("1.27-alpine", ["1.28", "1.28-alpine", "1.28-alpine3.21"], "1.28-alpine"),
        ("1.9", ["1.10"], "1.10"),
        ("1.10", ["1.9"], ""),
        ("1.27", ["1.28-rc1", "1.28rc1", "1.29-beta"], ""),
        ("3.13.0rc1", ["3.13.0rc2", "3.13.0"], ""),
        ("3.13.0rc1", ["3.13.0rc2", "3.13.1"], "3.13.1"),
        ("v1.0.0", ["1.0.1", "v1.0.1"], "v1.0.1"),
        ("latest", ["1.0", "2.0"], ""),
        ("17", ["20240801", "18"], "18"),
        ("22.04", ["23.10", "24.04"], "24.04"),
        ("10.0.20348.2655", ["10.0.26100.1742", "10.0.20348.2700"], "10.0.20348.2700"),
        ("2022-latest", ["2025-latest", "2022-CU14"], "2025-latest"),
        ("8-windowsservercore-ltsc2022", ["9-windowsservercore-ltsc2025", "8-windowsservercore-ltsc2025"], ""),
        ("1.0", [], ""),
        ("3f1c9ab", ["3f1c9ac", "4.0"], ""),
    ],
)
def test_what_follows_in_the_same_family(tag: str, tags: list[str], newer: str) -> None:
    assert newer_tag(tag, tags) == newer


@pytest.mark.parametrize(
    ("tag", "family", "yes"),
    [
        ("1.27.3-alpine", "1.27", True),
        ("1.27.3-alpine", "1", True),
        ("1.270", "1.27", False),
        ("1", "1.27", False),
        ("latest", "1", False),
        ("10.1", "1", False),
    ],
)
def test_families(tag: str, family: str, yes: bool) -> None:
    assert in_family(tag, family) is yes


def test_choices_are_what_occurs_more_than_once() -> None:
    found = choices_of(["latest", "1.27.3", "1.27.2", "1.27-alpine", "1.26-alpine", "2.0", "odd-one"])
    assert found.families == (("1", 4), ("1.27", 3))
    assert found.variants == (("alpine", 2),)


def test_numbers_sort_as_numbers() -> None:
    assert sorted(["1.10", "1.9", "1.9-a"], key=natural) == ["1.9", "1.9-a", "1.10"]
