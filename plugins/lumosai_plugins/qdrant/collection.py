"""A collection of Qdrant's that is one of ours, and what is done with it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from lumosai_plugins.qdrant.conditions import is_exact, selection
from lumosai_plugins.qdrant.points import DENSE, SHOWN, WORDS, checked, hit, item, point_id, points
from lumosai_plugins.qdrant.words import wanted
from lumosai_sdk.filters import Condition, matches
from lumosai_sdk.types.vectors import CollectionInfo, Metric, VectorHit, VectorItem

if TYPE_CHECKING:
    from qdrant_client import QdrantClient, models

_PAGE: Final = 1000
_MADE_BY: Final = "lumosai"
_DISTANCES: Final[dict[Metric, str]] = {"cosine": "Cosine", "dot": "Dot", "l2": "Euclid"}


def make(client: QdrantClient, full_name: str, dimensions: int, metric: Metric, metadata: str) -> None:
    """Make a collection. Raises what the client raises."""
    from qdrant_client import models

    dense = models.VectorParams(size=dimensions, distance=models.Distance(_DISTANCES[metric]))
    client.create_collection(
        full_name,
        vectors_config={DENSE: dense},
        sparse_vectors_config={WORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        metadata={_MADE_BY: metadata},
    )


def index(client: QdrantClient, full_name: str) -> None:
    """Have a server find facts by an index."""
    from qdrant_client import models

    client.create_payload_index(full_name, "facts", models.PayloadSchemaType.KEYWORD)


def lookup(client: QdrantClient, full_name: str, name: str) -> Collection | None:
    """Return a collection, or None if there is none, or one that somebody else has made."""
    if not client.collection_exists(full_name):
        return None
    told = client.get_collection(full_name)
    dense = cast("dict[str, models.VectorParams]", told.config.params.vectors or {}).get(DENSE)
    packed = (told.config.metadata or {}).get(_MADE_BY)
    if dense is None or packed is None:
        return None
    metric = next(m for m, d in _DISTANCES.items() if d == dense.distance.value)
    return Collection(client, full_name, name, dense.size, metric, packed)


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection that is there, and the client that knows it."""

    client: QdrantClient
    full_name: str
    name: str
    dimensions: int
    metric: Metric
    metadata: str

    def info(self) -> CollectionInfo:
        """Return it as callers are told of it."""
        count = self.client.count(self.full_name, exact=True).count
        return CollectionInfo(self.name, self.dimensions, self.metric, count, orjson.loads(self.metadata))

    def put(self, items: Sequence[VectorItem]) -> None:
        """Insert or replace items, all of them looked at before any is sent. Raises InputError."""
        vectors = checked([i.vector for i in items], self.dimensions)
        for some in points(items, vectors):
            self.client.upsert(self.full_name, some, wait=True)

    def get(self, ids: Sequence[str]) -> list[VectorItem]:
        """Return items in the order of *ids*."""
        by_id: dict[str, VectorItem] = {}
        for start in range(0, len(ids), _PAGE):
            some = [point_id(i) for i in ids[start : start + _PAGE]]
            found = self.client.retrieve(self.full_name, some, with_payload=True, with_vectors=[DENSE])
            by_id.update((i.id, i) for i in (item(p, is_unit=self.metric == "cosine") for p in found))
        return [by_id[i] for i in ids if i in by_id]

    def page(self, condition: Condition | None, limit: int, after: str) -> list[VectorItem]:
        """Return items by id. Qdrant has no order of texts: the ids of all that fit are read for it."""
        ids = (i for _, i in self._fitting(condition) if i > after)
        return self.get(heapq.nsmallest(limit, ids))

    def delete(self, ids: Sequence[str] | None, condition: Condition | None) -> int:
        """Delete what has one of *ids* and fits; return how many."""
        if ids is not None and condition is None:
            gone = [point_id(i.id) for i in self.get(list(dict.fromkeys(ids)))]
        else:
            named = None if ids is None else set(ids)
            gone = [p for p, i in self._fitting(condition) if named is None or i in named]
        for start in range(0, len(gone), _PAGE):
            self.client.delete(self.full_name, [*gone[start : start + _PAGE]], wait=True)
        return len(gone)

    def query(self, vector: Sequence[float], limit: int, condition: Condition | None) -> list[VectorHit]:
        """Return what is closest. Raises InputError."""
        asked = checked([vector], self.dimensions)[0].tolist()
        sign = -1.0 if self.metric == "l2" else 1.0
        return _ranked([hit(p, sign * p.score) for p in self._closest(asked, DENSE, limit, condition)])

    def search(self, words: str, limit: int, condition: Condition | None) -> list[VectorHit]:
        """Return what has the most of the words."""
        from qdrant_client import models

        found = wanted(words)
        if not found:
            return []
        asked = models.SparseVector(indices=list(found), values=list(found.values()))
        return _ranked([hit(p, p.score) for p in self._closest(asked, WORDS, limit, condition)])

    def _closest(self, asked: Any, using: str, limit: int, condition: Condition | None) -> list[models.ScoredPoint]:
        from qdrant_client import models

        chosen = selection(condition)
        if not is_exact(condition):
            ids: list[int | str | Any] = [p for p, _ in self._fitting(condition)]
            if not ids:
                return []
            chosen = models.Filter(must=[models.HasIdCondition(has_id=ids)])
        found = self.client.query_points(
            self.full_name, query=asked, using=using, query_filter=chosen, limit=limit, with_payload=SHOWN
        )
        return found.points

    def _fitting(self, condition: Condition | None) -> Iterator[tuple[str, str]]:
        """Yield the points that fit, with the ids of their items."""
        chosen, exact, offset = selection(condition), is_exact(condition), None
        while True:
            some, offset = self.client.scroll(
                self.full_name, chosen, limit=_PAGE, offset=cast("Any", offset), with_payload=["id", "metadata"]
            )
            for point in some:
                payload = point.payload or {}
                if exact or matches(condition, orjson.loads(payload["metadata"])):
                    yield str(point.id), payload["id"]
            if offset is None:
                return


def _ranked(hits: list[VectorHit]) -> list[VectorHit]:
    """Return hits in an order that is the same each time: those that are as close as one another, by id."""
    return sorted(hits, key=lambda h: (-h.score, h.id))
