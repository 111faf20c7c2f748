"""Putting documents in: what has not changed is left alone, what changed is embedded only where it did."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lumosai_plugins.knowledge.chunking import Chunk, chunks, spans
from lumosai_plugins.knowledge.chunking.semantic import semantic
from lumosai_plugins.knowledge.collection import Collection
from lumosai_plugins.knowledge.documents import Document, digest
from lumosai_plugins.knowledge.entities import entities
from lumosai_sdk.errors import InputError
from lumosai_sdk.types.vectors import VectorItem

RESERVED = frozenset(
    {"source", "title", "label", "start", "end", "position", "chunks", "hash", "version", "added_at", "entities"}
)
Status = Literal["added", "changed", "unchanged"]
_LOOKED_UP = 200


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a document: how many chunks it has, and how many of them had to be embedded."""

    source: str
    status: Status
    chunks: int
    embedded: int


async def add(collection: Collection, document: Document) -> Added:
    """Put a document in, in place of what there was of the same source. Raises LumosError; then that stays.

    A chunk whose text stands anywhere in the collection already is not embedded again.
    """
    if clash := RESERVED & document.metadata.keys():
        raise InputError(f"{document.source}: metadata may not be called {', '.join(sorted(clash))}")
    version = _version(collection, document)
    there = {i.id: i async for i in collection.chunks({"source": document.source})}
    if _is_whole(there, version):
        return Added(document.source, "unchanged", len(there), 0)
    cut = await _cut(collection, document)
    if not cut:
        raise InputError(f"{document.source}: there is no text in it")
    known = {str(i.metadata["hash"]): i.vector for i in there.values()}
    is_there = await collection.info() is not None
    vectors, embedded = await _vectors(collection, cut, known, is_there=is_there)
    items = _items(collection, document, version, cut, vectors, await _entities(collection, cut))
    if not is_there:
        await collection.make(len(vectors[0]))
    await collection.store.upsert(collection.key, items)
    if gone := [i for i in there if i not in {item.id for item in items}]:
        await collection.store.delete(collection.key, ids=gone)
    return Added(document.source, "changed" if there else "added", len(items), embedded)


def _version(collection: Collection, document: Document) -> str:
    s = collection.settings
    return digest(document.hash, s.chunker, str(s.size), str(s.overlap), s.entities)


def _is_whole(there: Mapping[str, VectorItem], version: str) -> bool:
    """Tell whether the chunks that are there are all of a version: a writer may have died between two writes."""
    return bool(there) and all(
        i.metadata["version"] == version and i.metadata["chunks"] == len(there) for i in there.values()
    )


async def _cut(collection: Collection, document: Document) -> list[Chunk]:
    settings = collection.settings
    if settings.chunker == "semantic":
        return chunks(document, await semantic(document.text, settings.size, collection.embed))
    return chunks(document, spans(document, settings.chunker, settings.size, settings.overlap))


async def _vectors(
    collection: Collection, cut: Sequence[Chunk], known: dict[str, Sequence[float]], *, is_there: bool
) -> tuple[list[Sequence[float]], int]:
    """Return the vector of each chunk, and how many had to be made."""
    hashes = [digest(c.text) for c in cut]
    if is_there:
        wanted = [h for h in dict.fromkeys(hashes) if h not in known]
        for start in range(0, len(wanted), _LOOKED_UP):
            async for item in collection.chunks({"hash": {"in": wanted[start : start + _LOOKED_UP]}}):
                known[str(item.metadata["hash"])] = item.vector
    fresh = {h: c.text for h, c in zip(hashes, cut, strict=True) if h not in known}
    made = await collection.embed(list(fresh.values()))
    known.update(zip(fresh, made, strict=True))
    return [known[h] for h in hashes], len(fresh)


async def _entities(collection: Collection, cut: Sequence[Chunk]) -> list[list[str]]:
    return await entities(collection.context, collection.settings.entities, [c.text for c in cut])


def _items(
    collection: Collection,
    document: Document,
    version: str,
    cut: Sequence[Chunk],
    vectors: Sequence[Sequence[float]],
    names: Sequence[Sequence[str]],
) -> list[VectorItem]:
    common: dict[str, Any] = {
        **document.metadata,
        "source": document.source,
        "title": document.title,
        "version": version,
        "chunks": len(cut),
        "added_at": time.time(),
    }
    prefix = digest(collection.key, document.source)[:24]
    return [
        VectorItem(
            f"{prefix}.{position:07d}",
            vector,
            chunk.text,
            {
                **common,
                "position": position,
                "label": chunk.label,
                "start": chunk.start,
                "end": chunk.end,
                "hash": digest(chunk.text),
                **({"entities": list(found)} if found else {}),
            },
        )
        for position, (chunk, vector, found) in enumerate(zip(cut, vectors, names, strict=True))
    ]
