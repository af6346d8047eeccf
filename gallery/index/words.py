"""Words, filters and ranks of the local search. Pure.

Every repository has a place: few pulls, a large number. Both databases give the matches in the order of places, so that
a word which half of all repositories have costs as little as a rare one; the best few hundred are then ordered here.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_WORD = re.compile(r"[a-z0-9]+", re.IGNORECASE)
MOST_WORDS = 8
PLACE_BITS = 40
TOP = 63
NEW_COLUMNS = (
    "id", "place", "source", "path", "name", "summary", "publisher", "badge", "facets", "stars", "pulls",
    "pulls_exact", "has_logo", "archived", "updated_at", "seen_at",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """What is kept of a repository; None and "": not known. facets: "os.linux", "arch.amd64", "cat.web-servers"..."""

    source: str
    path: str
    summary: str = ""
    publisher: str = ""
    badge: str = ""
    facets: tuple[str, ...] = ()
    stars: int | None = None
    pulls: int | None = None
    pulls_exact: bool = True
    has_logo: bool = False
    archived: bool = False
    updated_at: datetime | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def systems(self) -> tuple[str, ...]:
        """Its operating systems."""
        return tuple(facet[3:] for facet in self.facets if facet.startswith("os."))

    @property
    def architectures(self) -> tuple[str, ...]:
        """Its architectures."""
        return tuple(facet[5:] for facet in self.facets if facet.startswith("arch."))

    @property
    def categories(self) -> tuple[str, ...]:
        """Slugs of its categories."""
        return tuple(facet[4:] for facet in self.facets if facet.startswith("cat."))


def words_of(text: str) -> tuple[str, ...]:
    """The words to search for, in lower case."""
    return tuple(word.lower() for word in _WORD.findall(text))[:MOST_WORDS]


def facet_word(facet: str) -> str:
    """A facet as one word of letters and digits, which no tokenizer takes apart: "catxwebxservers"."""
    return "f" + re.sub(r"[^a-z0-9]", "x", facet.lower())


def place_of(pulls: int | None, row: int) -> int:
    """The rank of a repository: by the order of magnitude of its pulls (quarters of a doubling), then as it came."""
    magnitude = int(4 * math.log2(pulls + 1)) if pulls and pulls > 0 else 0
    return (4 * TOP - min(magnitude, 4 * TOP)) << PLACE_BITS | row


def score(entry: Entry, query: str, words: tuple[str, ...]) -> tuple[int, float, str]:
    """A sort key, the best first: the exact name, a name that begins so, all words in the name, in the publisher's
    name, elsewhere; then the more pulls, and what is archived last."""
    name, path, text = entry.name, entry.path.removeprefix("library/"), query.lower().strip()
    if text in {name, path, entry.path}:
        kind = 0 if text in {path, entry.path} else 1
    elif name.startswith(text):
        kind = 2
    elif all(word in name for word in words):
        kind = 3
    elif all(word in path or word in entry.publisher.lower() for word in words):
        kind = 4
    else:
        kind = 5
    popular = math.log10((entry.pulls or 0) + 1) + (1.5 if entry.badge == "official" else 0.0)
    # Popularity counts beside the kind of match: a name that begins so and nobody pulls is not better than all else.
    return (0 if kind == 0 else 1, kind * 1.5 - popular + (20 if entry.archived else 0), entry.path)


def ordered(entries: Iterable[Entry], query: str, sort: str) -> list[Entry]:
    """The entries in the order that was asked for: relevance, pulls, updated or name."""
    words = words_of(query)
    found = list(entries)
    if sort == "pulls":
        found.sort(key=lambda one: (-(one.pulls or 0), one.path))
    elif sort == "updated":
        found.sort(key=lambda one: (-(one.updated_at.timestamp() if one.updated_at else 0.0), one.path))
    elif sort == "name":
        found.sort(key=lambda one: one.path.removeprefix("library/"))
    else:
        found.sort(key=lambda one: score(one, query, words))
    if sort in {"pulls", "updated"} and words:  # the exact name stays first
        found.sort(key=lambda one: score(one, query, words)[0])
    return found
