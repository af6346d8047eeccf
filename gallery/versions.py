"""Versions in the names of tags: what "1.27.3-alpine" is a version of, its family, and which tag follows it. Pure.

A family is the tags that differ in their numbers alone: the same words before and after, as many numbers. Only within
a family is one tag newer than another: 1.28-alpine follows 1.27-alpine, and neither 1.28 nor 1.28.0-alpine does.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_VERSION = re.compile(
    r"(?P<before>(?:[A-Za-z][A-Za-z._-]*?[-_.])?v?)(?P<numbers>\d+(?:\.\d+){0,5})"
    r"(?P<pre>[-_.]?(?:rc|alpha|beta|dev|preview|snapshot|nightly|canary|edge|pre|milestone|ea|ctp)(?![A-Za-z])[-_.]?\d*"
    r"|[-_.]?(?:a|b|m|M)\d+)?(?P<after>[-_+.].*)?\Z",
    re.IGNORECASE,
)
_EARLY = re.compile(
    r"(?:\A|[-_.+])(?:rc|alpha|beta|dev|preview|snapshot|nightly|canary|edge|pre|milestone|ea|ctp|unstable|testing)"
    r"(?:[-_.]?\d+)*(?:\Z|[-_.+])",
    re.IGNORECASE,
)
_COMMIT = re.compile(r"(?:sha-?)?[0-9a-f]{7,64}\Z")
_DATE = re.compile(r"(?:19|20)\d\d[-._]?(?:0\d|1[0-2])[-._]?(?:[0-2]\d|3[01])")


@dataclass(frozen=True)
class TagVersion:
    """before, after: the words around the numbers, "v" and "-alpine". early: a release candidate, beta or nightly."""

    before: str
    numbers: tuple[int, ...]
    after: str
    early: bool

    @property
    def family(self) -> tuple[str, int, str]:
        """Tags of one family are versions of the same thing in the same form."""
        return self.before, len(self.numbers), self.after

    @property
    def variant(self) -> str:
        """The words after, without their dash: "alpine"."""
        return self.after.lstrip("-_.+")


@lru_cache(maxsize=20_000)
def tag_version(tag: str) -> TagVersion | None:
    """The version a tag names; None for "latest", commits and dates, which name none."""
    if _COMMIT.match(tag) and not tag.isdigit():
        return None
    match = _VERSION.match(tag)
    if match is None:
        return None
    numbers = match["numbers"].split(".")
    if any(len(number) > 6 for number in numbers) or _DATE.match(tag[match.start("numbers") :]):
        return None
    after = match["after"] or ""
    early = match["pre"] is not None or bool(_EARLY.search(after))
    return TagVersion(match["before"], tuple(map(int, numbers)), after, early)


def newer_tag(tag: str, tags: Iterable[str]) -> str:
    """The newest of `tags` that follows `tag` in its family; "" when none does. No early release follows a final one,
    and what is early itself is followed by final releases alone."""
    own = tag_version(tag)
    if own is None:
        return ""
    best, found = own.numbers, ""
    for other in tags:
        version = tag_version(other)
        if version is None or version.early or version.family != own.family or version.numbers <= best:
            continue
        if _windows_build(version.numbers) == _windows_build(own.numbers):
            best, found = version.numbers, other
    return found


def _windows_build(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """10.0.20348.2655 is followed within its build alone: another build is another Windows, for other hosts."""
    return numbers[:3] if len(numbers) == 4 and numbers[:2] == (10, 0) and numbers[2] > 10_000 else ()


def in_family(tag: str, family: str) -> bool:
    """Whether a tag is a version of "1", "1.27" or "1.27.3"."""
    wanted = tuple(int(part) for part in family.split(".") if part.isdigit() and len(part) < 7)
    version = tag_version(tag)
    return version is not None and version.numbers[: len(wanted)] == wanted


@dataclass(frozen=True)
class Choices:
    """What tags can be narrowed to. families: ("1.27", 12) highest first; variants: ("alpine", 30) most usual first."""

    families: tuple[tuple[str, int], ...] = ()
    variants: tuple[tuple[str, int], ...] = ()


def choices_of(tags: Iterable[str], *, most: int = 40) -> Choices:
    """The families and variants among tags; what occurs once is no choice."""
    families: Counter[tuple[int, ...]] = Counter()
    variants: Counter[str] = Counter()
    for tag in tags:
        version = tag_version(tag)
        if version is None:
            continue
        families[version.numbers[:1]] += 1
        if len(version.numbers) > 1:
            families[version.numbers[:2]] += 1
        if version.variant and len(version.variant) <= 60:
            variants[version.variant] += 1
    usual = [(numbers, count) for numbers, count in families.items() if count > 1]
    usual.sort(key=lambda one: (one[0][0], len(one[0]) == 1, one[0]), reverse=True)
    named = tuple((".".join(map(str, numbers)), count) for numbers, count in usual[:most])
    common = tuple((variant, count) for variant, count in variants.most_common(most) if count > 1)
    return Choices(named, tuple(sorted(common)))


_NUMBERS = re.compile(r"(\d+)")


def natural(tag: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key that puts 1.10 after 1.9."""
    parts = _NUMBERS.split(tag)
    return tuple((1, int(part), "") if part.isdigit() and len(part) < 30 else (0, 0, part) for part in parts if part)
