"""A host's services, as far as memories need them: a store, vectors in a dictionary, obedient models."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lumosai_sdk import PluginContext
from lumosai_sdk.errors import NotFoundError, StorageError
from lumosai_sdk.filters import matches, parse
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.vectors import CollectionInfo, Metric, VectorHit, VectorItem

_DIMENSIONS = 64


def embedded(text: str) -> list[float]:
    """Return a vector of the words of a text: texts with the same words are alike."""
    vector = [0.01] * _DIMENSIONS
    for word in re.findall(r"\w+", text.lower()):
        vector[zlib.crc32(word.encode()) % _DIMENSIONS] += 1.0
    length = math.sqrt(sum(v * v for v in vector))
    return [v / length for v in vector]


@dataclass
class Vectors:
    """A vector store in memory."""

    kept: dict[str, dict[str, VectorItem]] = field(default_factory=dict)
    dimensions: dict[str, int] = field(default_factory=dict)

    def _of(self, name: str, where: Any = None) -> list[VectorItem]:
        if name not in self.kept:
            raise NotFoundError("collection", name)
        condition = parse(where)
        return [i for _, i in sorted(self.kept[name].items()) if matches(condition, i.metadata)]

    async def create(
        self,
        name: str,
        dimensions: int,
        metric: Metric = "cosine",
        metadata: Mapping[str, Any] | None = None,
    ) -> CollectionInfo:
        self.kept.setdefault(name, {})
        assert self.dimensions.setdefault(name, dimensions) == dimensions
        return CollectionInfo(name, dimensions, metric)

    async def collections(self) -> Sequence[CollectionInfo]:
        return [CollectionInfo(n, self.dimensions[n]) for n in self.kept]

    async def upsert(self, name: str, items: Sequence[VectorItem]) -> None:
        self.kept[name].update({i.id: i for i in items})

    async def delete(self, name: str, *, ids: Any = None, where: Any = None) -> int:
        gone = [i.id for i in self._of(name, where) if ids is None or i.id in ids]
        for each in gone:
            del self.kept[name][each]
        return len(gone)

    async def get(self, name: str, ids: Sequence[str]) -> Sequence[VectorItem]:
        return [self.kept[name][i] for i in ids if i in self.kept[name]]

    async def items(
        self, name: str, *, where: Any = None, limit: int = 100, after: str | None = None
    ) -> Sequence[VectorItem]:
        return [i for i in self._of(name, where) if after is None or i.id > after][:limit]

    async def query(
        self, name: str, vector: Sequence[float], *, limit: int = 10, where: Any = None
    ) -> Sequence[VectorHit]:
        hits = [
            VectorHit(i.id, sum(a * b for a, b in zip(i.vector, vector, strict=True)), i.text, i.metadata)
            for i in self._of(name, where)
        ]
        return sorted(hits, key=lambda h: -h.score)[:limit]

    async def search(self, name: str, text: str, *, limit: int = 10, where: Any = None) -> Sequence[VectorHit]:
        return await self.query(name, embedded(text), limit=limit, where=where)

    async def drop(self, name: str) -> bool:
        return self.kept.pop(name, None) is not None

    async def aclose(self) -> None:
        """What is in it stays: it is as durable as the test."""


@dataclass
class Services:
    """What ``context.services`` is: *answer* says what a model makes of instructions and a text."""

    store: Any
    answer: Callable[[str, str], str] = lambda _, text: "\n".join(f"- {line}" for line in text.splitlines())
    store_of_vectors: Any = field(default_factory=Vectors)
    callers: list[Caller] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    broken: bool = False

    def kv(self) -> Any:
        if self.broken:
            raise StorageError("the disk is gone")
        return self.store

    def storage(self) -> Any:
        return self.kv()

    def vectors(self, id: str | None = None) -> Any:  # noqa: A002 - the contract's
        return self.store_of_vectors

    def agents(self) -> Sequence[Mapping[str, Any]]:
        return [{"id": "a", "model": "test/agent"}, {"id": "never-heard-of", "model": ["test/first", "test/second"]}]

    async def embed(self, request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        if self.broken:
            raise StorageError("the model is gone")
        self.callers.append(caller)
        return {"vectors": [embedded(t) for t in request["inputs"]], "usage": {}, "model": request["model"]}

    async def complete(self, request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        self.callers.append(caller)
        self.asked.append(request["model"])
        system, said = (m["content"] for m in request["messages"])
        return {"text": self.answer(system, said), "finish_reason": "stop", "usage": {}, "model": request["model"]}


def context(services: Any, **settings: Any) -> PluginContext:
    """Return what the plugin is handed."""
    return PluginContext("remember", settings=settings, services=services)
