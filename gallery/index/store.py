"""The index in the database: one face, SQLite's FTS5 or PostgreSQL's tsvector and pg_trgm behind it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Protocol

from django.db import connection, transaction
from django.utils import timezone

from gallery.models import IndexedRepository

from .words import Entry, facet_word, ordered, place_of, words_of

CANDIDATES = 100  # the most popular matches, which are ordered by how well they match
BATCH = 2000
MANY = 5000  # rows taken in at once that make what the database knows of the table untrue
COLUMNS = "source, path, summary, publisher, badge, facets, stars, pulls, pulls_exact, has_logo, archived, updated_at"
TABLE = "gallery_indexedrepository"
Row = tuple[Any, ...]
NewRow = tuple[Any, ...]


@dataclass(frozen=True)
class Wanted:
    """q: words; the last one may be the beginning of one. facets: all of these. sort: "", pulls, updated, name."""

    q: str = ""
    facets: tuple[str, ...] = ()
    sort: str = ""


class Dialect(Protocol):
    """What differs between the databases."""

    def match(self, words: Sequence[str], facets: Sequence[str], limit: int) -> list[Row]:
        """The first matches in the order of places."""

    def near(self, text: str, facets: Sequence[str], limit: int) -> list[Row]:
        """Paths that hold the text within a word, or nearly it."""

    def added(self, rows: Sequence[NewRow]) -> None:
        """Put rows into the table, and their words into the index. In the order of NEW_COLUMNS."""

    def removed(self, places: Sequence[int]) -> None:
        """Take rows out of both."""

    def grown(self) -> None:
        """Many rows have come: let the database look at them anew, so that it plans searches by what is there."""


def dialect() -> Dialect:
    """That of the site's database."""
    from .postgres import Postgres
    from .sqlite import Sqlite

    return Postgres() if connection.vendor == "postgresql" else Sqlite()


def index_find(wanted: Wanted, *, limit: int = CANDIDATES) -> list[Entry]:
    """The best matches, best first: of the 100 that are pulled most, and of those that have exactly this name."""
    words = words_of(wanted.q)
    facets = [facet_word(facet) for facet in wanted.facets]
    rows = dialect().match(words, facets, limit)
    if words:
        rows = _named(wanted.q, facets) + rows
        if len(rows) < 5 and len("".join(words)) >= 3:
            rows += dialect().near(" ".join(words), facets, 50)
    entries = {(row[0], row[1]): _entry(row) for row in rows}
    return ordered(entries.values(), wanted.q, wanted.sort)


def _named(query: str, facets: Sequence[str]) -> list[Row]:
    """Repositories with exactly this name or path, however seldom they are pulled."""
    text = query.lower().strip()
    column = "path" if "/" in text else "name"
    given = [text] if column == "name" else [text, f"library/{text}"]
    marks = ", ".join(["%s"] * len(given))
    with connection.cursor() as cursor:
        sql = f"SELECT {COLUMNS} FROM {TABLE} WHERE {column} IN ({marks}) ORDER BY place LIMIT 20"  # noqa: S608
        cursor.execute(sql, given)
        rows = cursor.fetchall()
    wanted = set(facets)
    return [row for row in rows if wanted <= {facet_word(one) for one in str(row[5]).split()}]


def index_named(paths: Collection[tuple[str, str]]) -> dict[tuple[str, str], Entry]:
    """What is known of these (source, path); at most a few hundred at once."""
    return {key: entry for key, (_place, entry) in _known(paths).items()} if paths else {}


def index_put(entries: Iterable[Entry], *, now: datetime | None = None) -> int:
    """Take repositories in, or what is newly known of them; how many. What is not told is kept as it was."""
    count = 0
    walk = iter(entries)
    while batch := list(islice(walk, BATCH)):
        count += _put(batch, now or timezone.now())
    if count >= MANY:
        dialect().grown()
    return count


def _put(batch: Sequence[Entry], now: datetime) -> int:
    fresh: dict[tuple[str, str], Entry] = {}
    for one in batch:
        fresh[one.source, one.path] = _merged(one, fresh.get((one.source, one.path)))
    by = dialect()
    with transaction.atomic():
        old = _known(fresh)
        by.removed([place for place, _ in old.values()])
        number = _next_number()
        rows = []
        for offset, (key, one) in enumerate(fresh.items()):
            before = old.get(key)
            rows.append(_row(_merged(one, before[1]) if before else one, number + offset, now))
        by.added(rows)
    return len(rows)


def _known(fresh: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, Entry]]:
    """(place, what is known) of those that are in the table already."""
    paths = [path for _, path in fresh]
    marks = ", ".join(["%s"] * len(paths))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT place, {COLUMNS} FROM {TABLE} WHERE path IN ({marks})", paths)  # noqa: S608
        rows = cursor.fetchall()
    return {(row[1], row[2]): (row[0], _entry(row[1:])) for row in rows if (row[1], row[2]) in fresh}


def _next_number() -> int:
    last = IndexedRepository.objects.order_by("-pk").values_list("pk", flat=True).first()
    return (last or 0) + 1


def _merged(fresh: Entry, old: Entry | None) -> Entry:
    """What is newly told, and what was known of the rest."""
    if old is None:
        return fresh
    facets = dict.fromkeys([*fresh.facets, *old.facets])
    return Entry(
        fresh.source,
        fresh.path,
        fresh.summary or old.summary,
        fresh.publisher or old.publisher,
        fresh.badge or old.badge,
        tuple(facets),
        old.stars if fresh.stars is None else fresh.stars,
        old.pulls if fresh.pulls is None else fresh.pulls,
        old.pulls_exact if fresh.pulls is None else fresh.pulls_exact,
        fresh.has_logo or old.has_logo,
        fresh.archived,
        fresh.updated_at or old.updated_at,
    )


def _row(entry: Entry, number: int, now: datetime) -> NewRow:
    return (
        number,
        place_of(entry.pulls, number),
        entry.source,
        entry.path[:255],
        entry.name[:255],
        entry.summary[:400],
        entry.publisher[:120],
        entry.badge,
        " ".join(entry.facets),
        entry.stars,
        entry.pulls,
        entry.pulls_exact,
        entry.has_logo,
        entry.archived,
        entry.updated_at,
        now,
    )


def index_clear() -> None:
    """Forget everything."""
    with transaction.atomic():
        for places in _in_batches(IndexedRepository.objects.values_list("place", flat=True)):
            dialect().removed(places)


def _in_batches(values: Iterable[int]) -> Iterator[list[int]]:
    walk = iter(list(values))
    while batch := list(islice(walk, BATCH)):
        yield batch


def _entry(row: Row) -> Entry:
    source, path, summary, publisher, badge, facets, stars, pulls, exact, has_logo, archived, updated_at = row
    if isinstance(updated_at, str):  # SQLite has no times of its own
        updated_at = datetime.fromisoformat(updated_at)
    if updated_at is not None and updated_at.tzinfo is None:
        updated_at = updated_at.replace(tzinfo=UTC)
    return Entry(
        source,
        path,
        summary,
        publisher,
        badge,
        tuple(facets.split()),
        stars,
        pulls,
        bool(exact),
        bool(has_logo),
        bool(archived),
        updated_at,
    )
