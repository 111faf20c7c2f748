"""Collections as they stand in the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import orjson

from lumosai_sdk.errors import NotFoundError
from lumosai_sdk.types.vectors import CollectionInfo, Metric

_SELECT = "SELECT id, name, dimensions, metric, metadata, deletions, count FROM collections"


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection and its number; ``deletions`` counts the changes that took something out."""

    id: int
    name: str
    dimensions: int
    metric: Metric
    metadata: str
    deletions: int
    count: int

    def info(self) -> CollectionInfo:
        """Return it as callers are told of it."""
        return CollectionInfo(self.name, self.dimensions, self.metric, self.count, orjson.loads(self.metadata))


def listed(db: sqlite3.Connection) -> Sequence[Collection]:
    """Return all collections, by name."""
    return [_of(row) for row in db.execute(f"{_SELECT} ORDER BY name")]


def lookup(db: sqlite3.Connection, name: str) -> Collection | None:
    """Return a collection, or None."""
    row = db.execute(f"{_SELECT} WHERE name = ?", (name,)).fetchone()
    return None if row is None else _of(row)


def found(db: sqlite3.Connection, name: str) -> Collection:
    """Return a collection. Raises NotFoundError."""
    collection = lookup(db, name)
    if collection is None:
        raise NotFoundError("collection", name, [c.name for c in listed(db)])
    return collection


def _of(row: tuple[int, str, int, str, str, int, int]) -> Collection:
    number, name, dimensions, metric, metadata, deletions, count = row
    return Collection(number, name, dimensions, cast("Metric", metric), metadata, deletions, count)
