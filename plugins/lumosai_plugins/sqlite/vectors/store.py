"""The vector store ``sqlite``."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import orjson

from lumosai_plugins.sqlite.codec import encode_within
from lumosai_plugins.sqlite.database import connect
from lumosai_plugins.sqlite.errors import explain
from lumosai_plugins.sqlite.settings import Settings
from lumosai_plugins.sqlite.vectors import changes, collections
from lumosai_plugins.sqlite.vectors.cache import Cache, as_rows
from lumosai_plugins.sqlite.vectors.changes import Row
from lumosai_plugins.sqlite.vectors.conditions import clause
from lumosai_plugins.sqlite.vectors.matrix import checked
from lumosai_plugins.sqlite.vectors.schema import VECTORS, words_table
from lumosai_plugins.sqlite.vectors.words import telling, terms
from lumosai_sdk.errors import ConflictError, InputError, StorageError
from lumosai_sdk.filters import parse
from lumosai_sdk.storing import size_of
from lumosai_sdk.threads import in_thread
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.vectors import CollectionInfo, Metric, VectorHit, VectorItem, Where
from lumosai_sdk.vectoring import check_collection, check_items, check_limit

T = TypeVar("T")
_ITEM = "SELECT id, vector, text, metadata FROM items"


class SqliteVectors:
    """Vector collections in one SQLite file.

    Opens, and if need be makes, the file at its first use. Raises StorageError as the storage ``sqlite`` does. Several
    processes may share it: each keeps the vectors it searched in memory, and reads what others have changed.
    """

    def __init__(self, context: PluginContext) -> None:
        settings = Settings.of(context)
        self._settings = settings
        self._cache = Cache(settings.vectors_cache_mib * 1024**2)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._closed = False

    async def create(
        self, name: str, dimensions: int, metric: Metric = "cosine", metadata: Mapping[str, Any] | None = None
    ) -> CollectionInfo:
        check_collection(name, dimensions, metric)
        packed = encode_within(dict(metadata or {}), f"collection {name!r}", self._settings.max_value_bytes)

        def make(db: sqlite3.Connection) -> CollectionInfo:
            if (there := collections.lookup(db, name)) is None:
                changes.create(db, name, dimensions, metric, packed)
                there = collections.found(db, name)
            if (there.dimensions, there.metric) != (dimensions, metric):
                raise ConflictError(f"the collection {name!r} has {there.dimensions} dimensions by {there.metric}")
            return there.info()

        return await self._change(make)

    async def collections(self) -> Sequence[CollectionInfo]:
        return [c.info() for c in await self._read(collections.listed)]

    async def drop(self, name: str) -> bool:
        def remove(db: sqlite3.Connection) -> bool:
            collection = collections.lookup(db, name)
            if collection is not None:
                changes.drop(db, collection.id)
                self._cache.forget(collection.id)
            return collection is not None

        return await self._change(remove)

    async def upsert(self, name: str, items: Sequence[VectorItem]) -> None:
        check_items(items)
        unique = list({i.id: i for i in items}.values())

        def put(db: sqlite3.Connection) -> None:
            collection = collections.found(db, name)
            if unique:
                changes.upsert(db, collection.id, self._rows(unique, collection.dimensions))

        await self._change(put)

    async def delete(self, name: str, *, ids: Sequence[str] | None = None, where: Where | None = None) -> int:
        if ids is None and where is None:
            raise InputError("give ids, a condition, or both", hint="drop deletes a collection")
        condition = parse(where)
        return await self._change(lambda db: changes.delete(db, collections.found(db, name).id, ids, condition))

    async def get(self, name: str, ids: Sequence[str]) -> Sequence[VectorItem]:
        def read(db: sqlite3.Connection) -> Sequence[VectorItem]:
            collection = collections.found(db, name).id
            by_id: dict[str, VectorItem] = {}
            for some in changes.batches(ids):
                marks = ", ".join("?" * len(some))
                rows = db.execute(f"{_ITEM} WHERE collection = ? AND id IN ({marks})", (collection, *some))
                by_id.update((r[0], _item(r)) for r in rows)
            return [by_id[i] for i in ids if i in by_id]

        return await self._read(read)

    async def items(
        self, name: str, *, where: Where | None = None, limit: int = 100, after: str | None = None
    ) -> Sequence[VectorItem]:
        check_limit(limit)
        condition = parse(where)

        def read(db: sqlite3.Connection) -> Sequence[VectorItem]:
            collection = collections.found(db, name).id
            fits, values = clause(condition, collection) if condition is not None else ("1", [])
            query = f"{_ITEM} WHERE collection = ? AND id > ? AND {fits} ORDER BY id LIMIT ?"
            return [_item(r) for r in db.execute(query, (collection, after or "", *values, limit))]

        return await self._read(read)

    async def query(
        self, name: str, vector: Sequence[float], *, limit: int = 10, where: Where | None = None
    ) -> Sequence[VectorHit]:
        check_limit(limit)
        condition = parse(where)

        def read(db: sqlite3.Connection) -> Sequence[VectorHit]:
            collection = collections.found(db, name)
            wanted = checked([vector], collection.dimensions)[0]
            among = None if condition is None else as_rows(changes.fitting(db, collection.id, condition))
            return _hits(db, self._cache.closest(db, collection, wanted, limit, among))

        return await self._read(read)

    async def search(
        self, name: str, words: str, *, limit: int = 10, where: Where | None = None
    ) -> Sequence[VectorHit]:
        check_limit(limit)
        condition, wanted = parse(where), terms(words)

        def read(db: sqlite3.Connection) -> Sequence[VectorHit]:
            collection = collections.found(db, name)
            if not wanted:
                return []
            fits, values = clause(condition, collection.id) if condition is not None else ("1", [])
            table = words_table(collection.id)
            asked = " OR ".join(telling(db, table, wanted, collection.count))
            query = (
                f"SELECT items.id, -{table}.rank, items.text, items.metadata FROM {table} "  # noqa: S608 - a number
                f"JOIN items ON items.row = {table}.rowid WHERE {table} MATCH ? AND {fits} ORDER BY rank LIMIT ?"
            )
            rows = db.execute(query, (asked, *values, limit)).fetchall()
            return [VectorHit(i, score, text, orjson.loads(metadata)) for i, score, text, metadata in rows]

        return await self._read(read)

    async def aclose(self) -> None:
        """Close the file."""
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _rows(self, items: Sequence[VectorItem], dimensions: int) -> list[Row]:
        vectors, most = checked([i.vector for i in items], dimensions), self._settings.max_value_bytes
        if (longest := max(size_of(i.text) for i in items)) > most:
            raise StorageError(f"a text of {longest} bytes is more than max_value_bytes allows ({most})")
        return [
            Row(i.id, v.tobytes(), i.text, i.metadata, encode_within(i.metadata, f"metadata of {i.id!r}", most))
            for i, v in zip(items, vectors, strict=True)
        ]

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await in_thread(self._run, work, "BEGIN")

    async def _change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await in_thread(self._run, work, "BEGIN IMMEDIATE")

    def _run(self, work: Callable[[sqlite3.Connection], T], begin: str) -> T:
        with self._lock:
            db = self._opened()
            try:
                db.execute(begin)
                result = work(db)
                db.execute("COMMIT")
            except BaseException as e:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                if isinstance(e, sqlite3.Error):
                    raise explain(self._settings.vectors_path, e) from e
                raise
            return result

    def _opened(self) -> sqlite3.Connection:
        if self._closed:
            raise StorageError("the vector store is closed")
        if self._connection is None:
            self._connection = connect(self._settings.for_vectors(), VECTORS)
        return self._connection


def _item(row: tuple[str, bytes, str, str]) -> VectorItem:
    item_id, blob, text, metadata = row
    return VectorItem(item_id, np.frombuffer(blob, np.float32).tolist(), text, orjson.loads(metadata))


def _hits(db: sqlite3.Connection, found: Sequence[tuple[int, float]]) -> list[VectorHit]:
    by_row: dict[int, tuple[str, str, str]] = {}
    for some in changes.batches([row for row, _ in found]):
        marks = ", ".join("?" * len(some))
        rows = db.execute(f"SELECT row, id, text, metadata FROM items WHERE row IN ({marks})", some)  # noqa: S608
        by_row.update((r[0], r[1:]) for r in rows)
    return [
        VectorHit(by_row[row][0], score, by_row[row][1], orjson.loads(by_row[row][2]))
        for row, score in found
        if row in by_row
    ]
