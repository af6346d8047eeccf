"""The index of words in PostgreSQL: a tsvector with GIN, and trigrams of the path where pg_trgm is to be had."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from .words import NEW_COLUMNS, facet_word

SQL = (
    "ALTER TABLE gallery_indexedrepository ADD COLUMN words tsvector",
    "CREATE INDEX gallery_index_words ON gallery_indexedrepository USING gin (words)",
)
TRIGRAMS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX gallery_index_parts ON gallery_indexedrepository USING gin (path gin_trgm_ops)",
)
UNDO = (
    "DROP INDEX IF EXISTS gallery_index_parts",
    "DROP INDEX IF EXISTS gallery_index_words",
    "ALTER TABLE gallery_indexedrepository DROP COLUMN IF EXISTS words",
)
_COLUMNS = "source, path, summary, publisher, badge, facets, stars, pulls, pulls_exact, has_logo, archived, updated_at"
_KINDS = ("bigint", "bigint", *["text"] * 7, "bigint", "bigint", *["boolean"] * 3, *["timestamptz"] * 2)
_FROM = f"SELECT {_COLUMNS} FROM gallery_indexedrepository "  # noqa: S608


class Postgres:
    """Words by tsvector; what is written within a word or misspelt by pg_trgm."""

    def match(self, words: Sequence[str], facets: Sequence[str], limit: int) -> list[tuple[Any, ...]]:
        if not words and not facets:
            return self._rows(_FROM + "ORDER BY place LIMIT %s", [limit])
        text = [f"'{word}'" for word in words[:-1]] + [f"'{word}':*" for word in words[-1:]]
        query = " & ".join([*text, *(f"'{facet}'" for facet in facets)])
        return self._rows(_FROM + "WHERE words @@ %s::tsquery ORDER BY place LIMIT %s", [query, limit])

    def near(self, text: str, facets: Sequence[str], limit: int) -> list[tuple[Any, ...]]:
        parts = [word for word in text.split() if len(word) >= 3]
        if not parts:
            return []
        like = " AND ".join(["path LIKE %s"] * len(parts))
        values = [f"%{part}%" for part in parts]
        rows = self._rows(f"{_FROM} WHERE {like} ORDER BY place LIMIT %s", [*values, 4 * limit])
        if not rows and len(parts) == 1 and _has_trigrams():  # a slip of the pen
            sql = _FROM + "WHERE path %% %s ORDER BY similarity(path, %s) DESC, place LIMIT %s"
            rows = self._rows(sql, [text, text, 4 * limit])
        wanted = set(facets)
        return [row for row in rows if wanted <= {facet_word(one) for one in row[5].split()}][:limit]

    def added(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        columns = ", ".join(NEW_COLUMNS)
        arrays = ", ".join(f"%s::{kind}[]" for kind in _KINDS)
        sql = (
            f"INSERT INTO gallery_indexedrepository ({columns}, words) SELECT {columns}, "  # noqa: S608
            "to_tsvector('simple', translate(path || ' ' || summary || ' ' || publisher, '/-_.', '    ')) || "
            "to_tsvector('simple', regexp_replace(regexp_replace(facets, '[^a-z0-9 ]', 'x', 'g'), "
            f"'(^| )', '\\1f', 'g')) FROM unnest({arrays}) AS given ({columns})"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [list(column) for column in zip(*rows, strict=True)])

    def removed(self, places: Sequence[int]) -> None:
        if places:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM gallery_indexedrepository WHERE place = ANY(%s)", [list(places)])

    def grown(self) -> None:
        # Without this a common word is planned as a rare one: every match is read and sorted instead of the first 100.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE gallery_indexedrepository")
            cursor.execute("SELECT gin_clean_pending_list('gallery_index_words')")

    def _rows(self, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())


def _has_trigrams() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        return cursor.fetchone() is not None
