"""Which collections are in memory, brought up to date with the file before each search."""

from __future__ import annotations

import heapq
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator

import numpy as np

from lumosai_plugins.sqlite.vectors.collections import Collection
from lumosai_plugins.sqlite.vectors.matrix import Floats, Matrix, Rows, Snapshot

_ROWS_AT_ONCE = 8192
_NEW = "SELECT row, vector FROM items WHERE collection = ? AND row > ? ORDER BY row"
_BYTES_A_NUMBER = 4


class Cache:
    """Holds at most *limit* bytes of vectors; a collection larger than that is read anew for each search."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[int, Matrix] = OrderedDict()

    def closest(
        self, db: sqlite3.Connection, collection: Collection, vector: Floats, limit: int, among: Rows | None
    ) -> list[tuple[int, float]]:
        """Return rows and scores, closest first."""
        if collection.count * collection.dimensions * _BYTES_A_NUMBER > self._limit:
            found = [f for s in _in_pieces(db, collection) for f in s.closest(vector, limit, among)]
            return heapq.nsmallest(limit, found, key=lambda f: (-f[1], f[0]))
        return self._fresh(db, collection).closest(vector, limit, among)

    def forget(self, collection: int) -> None:
        """Let go of a collection."""
        self._kept.pop(collection, None)

    def _fresh(self, db: sqlite3.Connection, collection: Collection) -> Snapshot:
        matrix = self._kept.get(collection.id)
        if matrix is None:
            matrix = self._kept[collection.id] = Matrix(collection.dimensions, collection.metric)
            matrix.deletions = collection.deletions
        if matrix.deletions != collection.deletions:
            rows = db.execute("SELECT row FROM items WHERE collection = ? ORDER BY row", (collection.id,))
            matrix.keep([r[0] for r in rows])
            matrix.deletions = collection.deletions
        cursor = db.execute(_NEW, (collection.id, matrix.last))
        while found := cursor.fetchmany(_ROWS_AT_ONCE):
            matrix.add([r[0] for r in found], [r[1] for r in found])
        self._kept.move_to_end(collection.id)
        while len(self._kept) > 1 and sum(m.nbytes for m in self._kept.values()) > self._limit:
            self._kept.popitem(last=False)
        return matrix.snapshot()


def _in_pieces(db: sqlite3.Connection, collection: Collection) -> Iterator[Snapshot]:
    cursor = db.execute(_NEW, (collection.id, 0))
    while found := cursor.fetchmany(_ROWS_AT_ONCE):
        piece = Matrix(collection.dimensions, collection.metric)
        piece.add([r[0] for r in found], [r[1] for r in found])
        yield piece.snapshot()


def as_rows(rows: list[int]) -> Rows:
    """Return row numbers as they are searched among."""
    return np.asarray(rows, np.int64)
