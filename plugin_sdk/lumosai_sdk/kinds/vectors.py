"""The ``vectors`` kind: collections of texts, found by their vectors, their words and their metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from lumosai_sdk.types.vectors import CollectionInfo, Metric, VectorHit, VectorItem, Where


@runtime_checkable
class VectorStore(Protocol):
    """Raises StorageError when it cannot take or give data now, NotFoundError for a collection that is not there.

    A write is durable, and seen by every search, when its call returns. Vectors of another length, or with what is no
    finite number in them, raise InputError, and so does a condition that is none; then nothing is written.
    """

    async def create(
        self, name: str, dimensions: int, metric: Metric = "cosine", metadata: Mapping[str, Any] | None = None
    ) -> CollectionInfo:
        """Return the collection, made if there is none. Raises ConflictError for one that is made otherwise."""
        ...

    async def collections(self) -> Sequence[CollectionInfo]:
        """Return all collections, by name."""
        ...

    async def drop(self, name: str) -> bool:
        """Delete a collection with all in it; tell whether there was one."""
        ...

    async def upsert(self, name: str, items: Sequence[VectorItem]) -> None:
        """Insert items, or replace those of the same id; all or none."""
        ...

    async def delete(self, name: str, *, ids: Sequence[str] | None = None, where: Where | None = None) -> int:
        """Delete what has one of *ids* and fits *where*; return how many. Raises InputError if neither is given."""
        ...

    async def get(self, name: str, ids: Sequence[str]) -> Sequence[VectorItem]:
        """Return the items that are there, in the order of *ids*."""
        ...

    async def items(
        self, name: str, *, where: Where | None = None, limit: int = 100, after: str | None = None
    ) -> Sequence[VectorItem]:
        """Return items by id; *after* is the last id of the page before."""
        ...

    async def query(
        self, name: str, vector: Sequence[float], *, limit: int = 10, where: Where | None = None
    ) -> Sequence[VectorHit]:
        """Return what is closest to *vector*, closest first."""
        ...

    async def search(
        self, name: str, words: str, *, limit: int = 10, where: Where | None = None
    ) -> Sequence[VectorHit]:
        """Return what has the most of *words* (BM25 or the like), best first; any text will do."""
        ...

    async def aclose(self) -> None:
        """Let go."""
        ...
