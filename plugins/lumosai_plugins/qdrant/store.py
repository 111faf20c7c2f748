"""The vector store ``qdrant``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from lumosai_plugins.qdrant.client import Client
from lumosai_plugins.qdrant.collection import Collection, index, lookup, make
from lumosai_plugins.qdrant.settings import Settings
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError
from lumosai_sdk.filters import parse
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.vectors import CollectionInfo, Metric, VectorHit, VectorItem, Where
from lumosai_sdk.vectoring import check_collection, check_items, check_limit

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

T = TypeVar("T")


class QdrantVectors:
    """Vector collections in Qdrant. More than 256 items are sent in several requests, each of them all or none."""

    def __init__(self, context: PluginContext) -> None:
        self._settings = Settings.of(context)
        self._client = Client(self._settings)

    async def create(
        self, name: str, dimensions: int, metric: Metric = "cosine", metadata: Mapping[str, Any] | None = None
    ) -> CollectionInfo:
        check_collection(name, dimensions, metric)
        packed = _packed(metadata or {}, name)

        def made(client: QdrantClient) -> CollectionInfo:
            full = self._settings.prefix + name
            if lookup(client, full, name) is None:
                make(client, full, dimensions, metric, packed)
                if not self._client.local:
                    index(client, full)
            there = self._found(client, name)
            if (there.dimensions, there.metric) != (dimensions, metric):
                raise ConflictError(f"the collection {name!r} has {there.dimensions} dimensions by {there.metric}")
            return there.info()

        return await self._client.call(made)

    async def collections(self) -> Sequence[CollectionInfo]:
        def listed(client: QdrantClient) -> list[CollectionInfo]:
            found = (lookup(client, self._settings.prefix + n, n) for n in self._names(client))
            return [c.info() for c in found if c is not None]

        return await self._client.call(listed)

    async def drop(self, name: str) -> bool:
        def dropped(client: QdrantClient) -> bool:
            there = lookup(client, self._settings.prefix + name, name)
            return there is not None and bool(client.delete_collection(there.full_name))

        return await self._client.call(dropped)

    async def upsert(self, name: str, items: Sequence[VectorItem]) -> None:
        check_items(items)
        unique = list({i.id: i for i in items}.values())
        await self._with(name, lambda c: c.put(unique) if unique else None)

    async def delete(self, name: str, *, ids: Sequence[str] | None = None, where: Where | None = None) -> int:
        if ids is None and where is None:
            raise InputError("give ids, a condition, or both", hint="drop deletes a collection")
        condition = parse(where)
        return await self._with(name, lambda c: c.delete(ids, condition))

    async def get(self, name: str, ids: Sequence[str]) -> Sequence[VectorItem]:
        return await self._with(name, lambda c: c.get(ids))

    async def items(
        self, name: str, *, where: Where | None = None, limit: int = 100, after: str | None = None
    ) -> Sequence[VectorItem]:
        check_limit(limit)
        condition = parse(where)
        return await self._with(name, lambda c: c.page(condition, limit, after or ""))

    async def query(
        self, name: str, vector: Sequence[float], *, limit: int = 10, where: Where | None = None
    ) -> Sequence[VectorHit]:
        check_limit(limit)
        condition = parse(where)
        return await self._with(name, lambda c: c.query(vector, limit, condition))

    async def search(
        self, name: str, words: str, *, limit: int = 10, where: Where | None = None
    ) -> Sequence[VectorHit]:
        check_limit(limit)
        condition = parse(where)
        return await self._with(name, lambda c: c.search(words, limit, condition))

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.aclose()

    async def _with(self, name: str, work: Callable[[Collection], T]) -> T:
        return await self._client.call(lambda client: work(self._found(client, name)))

    def _found(self, client: QdrantClient, name: str) -> Collection:
        there = lookup(client, self._settings.prefix + name, name)
        if there is None:
            raise NotFoundError("collection", name, self._names(client))
        return there

    def _names(self, client: QdrantClient) -> list[str]:
        prefix = self._settings.prefix
        found = (c.name for c in client.get_collections().collections)
        return sorted(n.removeprefix(prefix) for n in found if n.startswith(prefix))


def _packed(metadata: Mapping[str, Any], name: str) -> str:
    try:
        return orjson.dumps(dict(metadata)).decode()
    except TypeError as e:
        raise InputError(f"the metadata of collection {name!r} is no JSON: {e}") from None
