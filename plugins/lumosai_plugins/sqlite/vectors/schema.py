"""The tables of the vectors' file. Only ever add migrations to the end."""

from __future__ import annotations

from typing import Final

from lumosai_plugins.sqlite.schema import Schema

VECTORS: Final = Schema(
    0x4C554D56,  # "LUMV"
    (
        (
            # A number is never given again, so that whoever has seen the highest one knows which rows are new.
            """CREATE TABLE collections (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                name TEXT NOT NULL UNIQUE,
                dimensions INTEGER NOT NULL,
                metric TEXT NOT NULL,
                metadata TEXT NOT NULL,
                deletions INTEGER NOT NULL DEFAULT 0
            )""",
            """CREATE TABLE items (
                row INTEGER PRIMARY KEY AUTOINCREMENT,
                collection INTEGER NOT NULL,
                id TEXT NOT NULL,
                vector BLOB NOT NULL,
                text TEXT NOT NULL,
                metadata TEXT NOT NULL
            )""",
            "CREATE UNIQUE INDEX items_id ON items (collection, id)",
            "CREATE INDEX items_row ON items (collection, row)",
            # What is asked of metadata, value by value, lists by their elements.
            """CREATE TABLE facts (
                collection INTEGER NOT NULL,
                key TEXT NOT NULL,
                kind TEXT NOT NULL,
                value NOT NULL,
                row INTEGER NOT NULL,
                PRIMARY KEY (collection, key, kind, value, row)
            ) WITHOUT ROWID""",
            "CREATE INDEX facts_row ON facts (row)",
        ),
        (
            # Counted as they come and go: every search asks, and counting 100,000 rows takes longer than the rest.
            "ALTER TABLE collections ADD COLUMN count INTEGER NOT NULL DEFAULT 0",
            "UPDATE collections SET count = (SELECT count(*) FROM items WHERE collection = collections.id)",
        ),
    ),
)


def words_table(collection: int) -> str:
    """Return the name of the full-text index of a collection (https://sqlite.org/fts5.html)."""
    return f"words_{int(collection)}"


def create_words(collection: int) -> str:
    """Return the statement that makes it. It keeps no texts of its own: those are in ``items``."""
    options = "content='items', content_rowid='row', tokenize='porter unicode61 remove_diacritics 2'"
    return f"CREATE VIRTUAL TABLE {words_table(collection)} USING fts5(text, {options})"
