"""Changes of the vectors' file, each in one transaction of the caller's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeVar

from lumosai_plugins.sqlite.vectors.conditions import clause, facts
from lumosai_plugins.sqlite.vectors.schema import create_words, words_table
from lumosai_sdk.filters import Condition, Scalar

T = TypeVar("T")
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Row:
    """An item, checked and packed."""

    id: str
    vector: bytes
    text: str
    metadata: Mapping[str, Any]
    packed: str


def create(db: sqlite3.Connection, name: str, dimensions: int, metric: str, metadata: str) -> None:
    """Make a collection."""
    values = (name, dimensions, metric, metadata)
    made = db.execute("INSERT INTO collections (name, dimensions, metric, metadata) VALUES (?, ?, ?, ?)", values)
    db.execute(create_words(int(made.lastrowid or 0)))


def drop(db: sqlite3.Connection, collection: int) -> None:
    """Delete a collection with all in it."""
    db.execute(f"DROP TABLE {words_table(collection)}")
    for table in ("facts", "items"):
        db.execute(f"DELETE FROM {table} WHERE collection = ?", (collection,))  # noqa: S608 - a name from above
    db.execute("DELETE FROM collections WHERE id = ?", (collection,))


def upsert(db: sqlite3.Connection, collection: int, rows: Sequence[Row]) -> None:
    """Insert rows in place of those of the same ids."""
    erase(db, collection, _rows_of(db, collection, [r.id for r in rows]))
    highest = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'items'").fetchone()
    first = int(highest[0]) + 1 if highest else 1
    numbered = list(enumerate(rows, first))
    db.executemany(
        "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)",
        ((n, collection, r.id, r.vector, r.text, r.packed) for n, r in numbered),
    )
    db.executemany(
        f"INSERT INTO {words_table(collection)} (rowid, text) VALUES (?, ?)",  # noqa: S608 - its name is a number
        ((n, r.text) for n, r in numbered),
    )
    db.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?, ?, ?, ?)", _facts(collection, numbered))
    db.execute("UPDATE collections SET count = count + ? WHERE id = ?", (len(rows), collection))


def _facts(collection: int, numbered: Sequence[tuple[int, Row]]) -> Iterator[tuple[int, str, str, Scalar, int]]:
    for n, row in numbered:
        for key, value in row.metadata.items():
            yield from ((collection, k, kind, v, n) for k, kind, v in facts(key, value))


def delete(db: sqlite3.Connection, collection: int, ids: Sequence[str] | None, where: Condition | None) -> int:
    """Delete what has one of *ids* and fits *where*; return how many."""
    rows = fitting(db, collection, where) if ids is None or where is not None else None
    if ids is not None:
        named = _rows_of(db, collection, ids)
        rows = named if rows is None else sorted(set(named) & set(rows))
    erase(db, collection, rows or [])
    return len(rows or [])


def fitting(db: sqlite3.Connection, collection: int, where: Condition | None) -> list[int]:
    """Return the rows that fit a condition, in ascending order."""
    text, values = clause(where, collection) if where is not None else ("1", [])
    query = f"SELECT row FROM items WHERE collection = ? AND {text} ORDER BY row"  # noqa: S608 - values are bound
    return [r[0] for r in db.execute(query, (collection, *values))]


def erase(db: sqlite3.Connection, collection: int, rows: Sequence[int]) -> None:
    """Delete rows."""
    if not rows:
        return
    words = words_table(collection)
    for some in batches(rows):
        marks = ", ".join("?" * len(some))
        texts = db.execute(f"SELECT row, text FROM items WHERE row IN ({marks})", some).fetchall()  # noqa: S608
        # An index without texts of its own has to be told them (https://sqlite.org/fts5.html section 6.3).
        db.executemany(f"INSERT INTO {words} ({words}, rowid, text) VALUES ('delete', ?, ?)", texts)  # noqa: S608
        db.execute(f"DELETE FROM facts WHERE row IN ({marks})", some)  # noqa: S608
        db.execute(f"DELETE FROM items WHERE row IN ({marks})", some)  # noqa: S608
    less = "UPDATE collections SET deletions = deletions + 1, count = count - ? WHERE id = ?"
    db.execute(less, (len(rows), collection))


def _rows_of(db: sqlite3.Connection, collection: int, ids: Sequence[str]) -> list[int]:
    found: list[int] = []
    for some in batches(ids):
        marks = ", ".join("?" * len(some))
        query = f"SELECT row FROM items WHERE collection = ? AND id IN ({marks})"  # noqa: S608
        found += [r[0] for r in db.execute(query, (collection, *some))]
    return sorted(found)


def batches(values: Sequence[T]) -> Iterator[list[T]]:
    """Yield as many values at a time as a statement takes."""
    rest = iter(values)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
