"""The vector store ``pgvector``."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import orjson

from lumosai_plugins.pgvector.codec import checked, rows
from lumosai_plugins.pgvector.conditions import clause
from lumosai_plugins.pgvector.pool import Pool
from lumosai_plugins.pgvector.schema import LOCK, OPERATORS, create_table, table
from lumosai_plugins.pgvector.settings import Settings
from lumosai_plugins.pgvector.words import expression
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError
from lumosai_sdk.filters import Condition, parse
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.vectors import CollectionInfo, Metric, VectorHit, VectorItem, Where
from lumosai_sdk.vectoring import check_collection, check_items, check_limit

_COLLECTION: Final = "SELECT number, dimensions, metric, language, metadata FROM collections WHERE name = $1"
_ITEM: Final = "SELECT id, vector, text, metadata FROM"
_LEAST_CANDIDATES: Final = 100
_MOST_CANDIDATES: Final = 1000  # pgvector's bound of hnsw.ef_search


@dataclass(frozen=True, slots=True)
class _Collection:
    number: int
    dimensions: int
    metric: Metric
    language: str
    metadata: Mapping[str, Any]

    @property
    def table(self) -> str:
        return table(self.number)

    def info(self, name: str, count: int) -> CollectionInfo:
        return CollectionInfo(name, self.dimensions, self.metric, count, self.metadata)


class PgVectors:
    """Vector collections in a PostgreSQL database, which hosts on several machines may share."""

    def __init__(self, context: PluginContext) -> None:
        self._settings = Settings.of(context)
        self._pool = Pool(self._settings)

    async def create(
        self, name: str, dimensions: int, metric: Metric = "cosine", metadata: Mapping[str, Any] | None = None
    ) -> CollectionInfo:
        check_collection(name, dimensions, metric)
        packed = _packed(metadata or {}, name)
        async with self._pool.transaction() as db:
            await db.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            if (there := await _lookup(db, name)) is None:
                there = await self._made(db, name, dimensions, metric, packed)
            if (there.dimensions, there.metric) != (dimensions, metric):
                raise ConflictError(f"the collection {name!r} has {there.dimensions} dimensions by {there.metric}")
            return there.info(name, await _count(db, there))

    async def _made(self, db: Any, name: str, dimensions: int, metric: Metric, metadata: str) -> _Collection:
        language = self._settings.language
        insert = (
            "INSERT INTO collections (name, dimensions, metric, language, metadata) VALUES ($1, $2, $3, $4, $5) "
            "RETURNING number"
        )
        number = await db.fetchval(insert, name, dimensions, metric, language, metadata)
        await db.execute(create_table(number, dimensions, metric, language))
        return _Collection(number, dimensions, metric, language, orjson.loads(metadata))

    async def collections(self) -> Sequence[CollectionInfo]:
        async with self._pool.transaction() as db:
            names = [r["name"] for r in await db.fetch("SELECT name FROM collections ORDER BY name")]
            found = [(n, c) for n in names if (c := await _lookup(db, n, "FOR KEY SHARE"))]
            return [c.info(n, await _count(db, c)) for n, c in found]

    async def drop(self, name: str) -> bool:
        async with self._pool.transaction() as db:
            number = await db.fetchval("DELETE FROM collections WHERE name = $1 RETURNING number", name)
            if number is not None:
                await db.execute(f"DROP TABLE {table(number)}")
            return number is not None

    async def upsert(self, name: str, items: Sequence[VectorItem]) -> None:
        check_items(items)
        unique = list({i.id: i for i in items}.values())
        async with self._opened(name) as (db, collection):
            if not unique:
                return
            await db.executemany(
                f"INSERT INTO {collection.table} (id, vector, text, metadata, facts) "  # noqa: S608 - a number
                "VALUES ($1, $2, $3, $4, $5::text::jsonb) ON CONFLICT (id) DO UPDATE SET vector = excluded.vector, "
                "text = excluded.text, metadata = excluded.metadata, facts = excluded.facts",
                rows(unique, collection.dimensions),
            )

    async def delete(self, name: str, *, ids: Sequence[str] | None = None, where: Where | None = None) -> int:
        if ids is None and where is None:
            raise InputError("give ids, a condition, or both", hint="drop deletes a collection")
        condition = parse(where)
        async with self._opened(name) as (db, collection):
            bound: list[Any] = [_clean(ids)]
            fits = clause(condition, bound)
            query = (
                f"WITH gone AS (DELETE FROM {collection.table} WHERE ($1::text[] IS NULL OR id = ANY($1)) AND {fits} "  # noqa: S608
                "RETURNING 1) SELECT count(*) FROM gone"
            )
            return int(await db.fetchval(query, *bound))

    async def get(self, name: str, ids: Sequence[str]) -> Sequence[VectorItem]:
        async with self._opened(name) as (db, collection):
            found = await db.fetch(f"{_ITEM} {collection.table} WHERE id = ANY($1)", _clean(ids))
            by_id = {r["id"]: _item(r) for r in found}
            return [by_id[i] for i in ids if i in by_id]

    async def items(
        self, name: str, *, where: Where | None = None, limit: int = 100, after: str | None = None
    ) -> Sequence[VectorItem]:
        check_limit(limit)
        condition = parse(where)
        async with self._opened(name) as (db, collection):
            bound: list[Any] = [after or "", limit]
            fits = clause(condition, bound)
            query = f"{_ITEM} {collection.table} WHERE id > $1 AND {fits} ORDER BY id LIMIT $2"
            return [_item(r) for r in await db.fetch(query, *bound)]

    async def query(
        self, name: str, vector: Sequence[float], *, limit: int = 10, where: Where | None = None
    ) -> Sequence[VectorHit]:
        check_limit(limit)
        condition = parse(where)
        async with self._opened(name) as (db, collection):
            wanted = checked([vector], collection.dimensions)[0]
            found: list[Any] = []
            if limit <= _MOST_CANDIDATES and await self._are_many(db, collection, condition):
                found = await _near(db, collection, wanted, limit, condition)
            if len(found) < limit:
                # The index leaves out vectors without a direction, and may end before it has found all that fit.
                found = await _exact(db, collection, wanted, limit, condition)
            return [_hit(r, _score(collection.metric, r["score"])) for r in found]

    async def _are_many(self, db: Any, collection: _Collection, condition: Condition | None) -> bool:
        bound: list[Any] = [self._settings.exact_rows + 1]
        fits = clause(condition, bound)
        some = f"SELECT FROM {collection.table} WHERE {fits} LIMIT $1"
        found = await db.fetchval(f"SELECT count(*) FROM ({some}) AS s", *bound)  # noqa: S608
        return int(found) > self._settings.exact_rows

    async def search(
        self, name: str, words: str, *, limit: int = 10, where: Where | None = None
    ) -> Sequence[VectorHit]:
        check_limit(limit)
        condition, wanted = parse(where), expression(words)
        async with self._opened(name) as (db, collection):
            if not wanted:
                return []
            bound: list[Any] = [collection.language, wanted, limit]
            fits = clause(condition, bound)
            query = (
                f"SELECT id, text, metadata, ts_rank_cd(words, q, 1) AS score FROM {collection.table}, "  # noqa: S608
                f"to_tsquery($1::text::regconfig, $2) AS q WHERE words @@ q AND {fits} ORDER BY score DESC, id LIMIT $3"
            )
            return [_hit(r, float(r["score"])) for r in await db.fetch(query, *bound)]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    @asynccontextmanager
    async def _opened(self, name: str) -> AsyncIterator[tuple[Any, _Collection]]:
        """Lend a connection and a collection that nobody drops meanwhile. Raises NotFoundError."""
        async with self._pool.transaction() as db:
            collection = await _lookup(db, name, "FOR KEY SHARE")
            if collection is None:
                known = [r["name"] for r in await db.fetch("SELECT name FROM collections ORDER BY name LIMIT 1000")]
                raise NotFoundError("collection", name, known)
            yield db, collection


async def _lookup(db: Any, name: str, lock: str = "") -> _Collection | None:
    if "\0" in name:
        return None
    row = await db.fetchrow(f"{_COLLECTION} {lock}", name)
    if row is None:
        return None
    number, dimensions, metric, language, metadata = row
    return _Collection(number, dimensions, metric, language, orjson.loads(metadata))


async def _count(db: Any, collection: _Collection) -> int:
    return int(await db.fetchval(f"SELECT count(*) FROM {collection.table}"))  # noqa: S608 - its name is a number


async def _near(db: Any, collection: _Collection, vector: Any, limit: int, condition: Condition | None) -> list[Any]:
    """Return nearly the closest, by the index; it is asked on until enough of them fit."""
    await db.execute(f"SET LOCAL hnsw.ef_search = {min(max(2 * limit, _LEAST_CANDIDATES), _MOST_CANDIDATES)}")
    await db.execute("SET LOCAL hnsw.iterative_scan = strict_order")
    bound: list[Any] = [vector, limit]
    fits = clause(condition, bound)
    distance = f"vector {OPERATORS[collection.metric]} $1"
    query = f"SELECT id, text, metadata, {distance} AS score FROM {collection.table} WHERE {fits} "  # noqa: S608
    return list(await db.fetch(f"{query} ORDER BY {distance} LIMIT $2", *bound))


async def _exact(db: Any, collection: _Collection, vector: Any, limit: int, condition: Condition | None) -> list[Any]:
    """Return the closest, after a comparison with all that fit; a vector without a direction is close to nothing."""
    bound: list[Any] = [vector, limit]
    fits = clause(condition, bound)
    distance = f"coalesce(nullif(vector {OPERATORS[collection.metric]} $1, 'NaN'), 1)"
    query = (
        f"WITH f AS MATERIALIZED (SELECT id, {distance} AS score FROM {collection.table} WHERE {fits}), "  # noqa: S608
        "c AS (SELECT id, score FROM f ORDER BY score, id LIMIT $2) "
        f"SELECT id, text, metadata, score FROM c JOIN {collection.table} USING (id) ORDER BY score, id"
    )
    return list(await db.fetch(query, *bound))


def _score(metric: Metric, distance: float) -> float:
    if metric == "cosine":
        return 0.0 if math.isnan(distance) else 1.0 - distance
    return -distance


def _packed(metadata: Mapping[str, Any], name: str) -> str:
    try:
        return orjson.dumps(dict(metadata)).decode()
    except TypeError as e:
        raise InputError(f"the metadata of collection {name!r} is no JSON: {e}") from None


def _clean(ids: Sequence[str] | None) -> list[str] | None:
    """Return the ids that there may be: PostgreSQL's text takes no NUL."""
    return None if ids is None else [i for i in ids if "\0" not in i]


def _item(row: Any) -> VectorItem:
    return VectorItem(row["id"], row["vector"], row["text"], orjson.loads(row["metadata"]))


def _hit(row: Any, score: float) -> VectorHit:
    return VectorHit(row["id"], score, row["text"], orjson.loads(row["metadata"]))
