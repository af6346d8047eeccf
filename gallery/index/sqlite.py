"""The index of words in SQLite: two FTS5 tables whose row ids are places, one of words and one of trigrams."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from .words import NEW_COLUMNS, facet_word

SQL = (
    "CREATE VIRTUAL TABLE gallery_index_words USING fts5(path, summary, publisher, facets, "
    "tokenize='unicode61 remove_diacritics 2', prefix='2 3', detail='column')",
    "CREATE VIRTUAL TABLE gallery_index_parts USING fts5(path, tokenize='trigram', detail='none')",
)
UNDO = ("DROP TABLE IF EXISTS gallery_index_words", "DROP TABLE IF EXISTS gallery_index_parts")
_ROWS = (
    "SELECT r.source, r.path, r.summary, r.publisher, r.badge, r.facets, r.stars, r.pulls, r.pulls_exact, r.has_logo, "
    "r.archived, r.updated_at FROM {fts} JOIN gallery_indexedrepository r ON r.place = {fts}.rowid "
)


class Sqlite:
    """FTS5. A MATCH without an order gives rows by their id: that is, by place."""

    def match(self, words: Sequence[str], facets: Sequence[str], limit: int) -> list[tuple[Any, ...]]:
        if not words and not facets:
            sql = _ROWS.split("FROM")[0] + "FROM gallery_indexedrepository r ORDER BY r.place LIMIT %s"
            return self._rows(sql, [limit])
        text = [f"{{path summary publisher}} : {word}" for word in words[:-1]]
        text += [f"{{path summary publisher}} : {word}*" for word in words[-1:]]
        text += [f"facets : {facet}" for facet in facets]
        sql = _ROWS.format(fts="gallery_index_words") + "WHERE gallery_index_words MATCH %s LIMIT %s"
        return self._rows(sql, [" AND ".join(text), limit])

    def near(self, text: str, facets: Sequence[str], limit: int) -> list[tuple[Any, ...]]:
        parts = [word for word in text.split() if len(word) >= 3]
        if not parts:
            return []
        # With detail=none a phrase cannot be asked for: its trigrams are, and the text is looked for in the rows.
        grams = [f'"{part[at : at + 3]}"' for part in parts for at in range(len(part) - 2)]
        sql = _ROWS.format(fts="gallery_index_parts") + "WHERE gallery_index_parts MATCH %s LIMIT %s"
        rows = self._rows(sql, [" AND ".join(dict.fromkeys(grams)), 4 * limit])
        wanted = set(facets)
        found = [
            row
            for row in rows
            if all(part in row[1] for part in parts) and wanted <= {facet_word(one) for one in row[5].split()}
        ]
        return found[:limit]

    def added(self, rows: Sequence[tuple[Any, ...]]) -> None:
        marks = ", ".join(["%s"] * len(NEW_COLUMNS))
        table = f"INSERT INTO gallery_indexedrepository ({', '.join(NEW_COLUMNS)}) VALUES ({marks})"  # noqa: S608
        words = "INSERT INTO gallery_index_words(rowid, path, summary, publisher, facets) VALUES (%s, %s, %s, %s, %s)"
        with connection.cursor() as cursor:
            cursor.executemany(table, [(*row[:14], _time(row[14]), _time(row[15])) for row in rows])
            cursor.executemany(words, [(row[1], row[3], row[5], row[6], _words(row[8])) for row in rows])
            cursor.executemany(
                "INSERT INTO gallery_index_parts(rowid, path) VALUES (%s, %s)", [(row[1], row[3]) for row in rows]
            )

    def removed(self, places: Sequence[int]) -> None:
        given = [(place,) for place in places]
        if not given:
            return
        with connection.cursor() as cursor:
            cursor.executemany("DELETE FROM gallery_index_words WHERE rowid = %s", given)
            cursor.executemany("DELETE FROM gallery_index_parts WHERE rowid = %s", given)
            cursor.executemany("DELETE FROM gallery_indexedrepository WHERE place = %s", given)

    def grown(self) -> None:
        """FTS5 keeps its own counts, and searches walk by place: nothing to do."""

    def _rows(self, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())


def _words(facets: str) -> str:
    return " ".join(facet_word(one) for one in facets.split())


def _time(moment: datetime | None) -> str | None:
    """As Django writes it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ") if moment else None
