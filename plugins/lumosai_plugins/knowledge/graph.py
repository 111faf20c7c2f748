"""Following what is named in chunks to other chunks that name it: a graph of entities and chunks, walked at random.

The rank of a chunk is how often a walk comes by that starts at what the question names, and starts anew now and then
(personalised PageRank: Page, Brin, Motwani and Winograd 1999, section 6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lumosai_plugins.knowledge.collection import Collection
from lumosai_plugins.knowledge.entities import by_rules, normal
from lumosai_sdk.types.vectors import VectorHit, Where

_HOPS = 2
_CHUNKS = 400
_ENTITIES = 64
_ROUNDS = 20
_ONWARD = 0.85


async def related(
    collection: Collection, question: str, hits: Sequence[VectorHit], limit: int, where: Where | None
) -> list[VectorHit]:
    """Return chunks that name what the question names, or what stands beside that; closest in the graph first."""
    named = _named(question, hits)
    seeds = named or [e for h in hits[:2] for e in _of(h.metadata)]
    graph, chunks = await _around(collection, seeds, where)
    if not graph:
        return []
    ranks = walk(graph, {f"e:{e}" for e in seeds})
    order = sorted(chunks, key=lambda i: (-ranks.get(f"c:{i}", 0.0), i))
    return [VectorHit(i, ranks.get(f"c:{i}", 0.0), chunks[i].text, chunks[i].metadata) for i in order[:limit]]


def _named(question: str, hits: Sequence[VectorHit]) -> list[str]:
    """Return the entities that a question names: those written like names, and those of chunks found for it."""
    plain = f" {normal(question, len(question))} "
    known = {e for h in hits for e in _of(h.metadata)}
    return sorted({*by_rules(question), *(e for e in known if f" {e}" in plain)})[:_ENTITIES]


async def _around(
    collection: Collection, seeds: Sequence[str], where: Where | None
) -> tuple[dict[str, set[str]], dict[str, VectorHit]]:
    """Return the graph of what is at most some hops from *seeds*, and its chunks."""
    graph: dict[str, set[str]] = {}
    chunks: dict[str, VectorHit] = {}
    seen, wanted = set[str](), list(dict.fromkeys(seeds))
    for _ in range(_HOPS):
        if not wanted:
            break
        seen.update(wanted)
        condition: dict[str, object] = {"entities": {"in": wanted}}
        page = await collection.store.items(
            collection.key, where={"$and": [condition, dict(where)]} if where else condition, limit=_CHUNKS
        )
        reached: dict[str, int] = {}
        for item in page:
            chunks[item.id] = VectorHit(item.id, 0.0, item.text, item.metadata)
            for entity in _of(item.metadata):
                graph.setdefault(f"c:{item.id}", set()).add(f"e:{entity}")
                graph.setdefault(f"e:{entity}", set()).add(f"c:{item.id}")
                reached[entity] = reached.get(entity, 0) + 1
        near = sorted((e for e in reached if e not in seen), key=lambda e: (-reached[e], e))
        wanted = near[:_ENTITIES]
    return graph, chunks


def walk(graph: Mapping[str, set[str]], seeds: set[str]) -> dict[str, float]:
    """Return the share of its time that a walk from *seeds* spends at each node."""
    starts = [s for s in seeds if s in graph] or list(graph)
    home = dict.fromkeys(starts, 1 / len(starts))
    ranks = dict(home)
    for _ in range(_ROUNDS):
        after = {n: (1 - _ONWARD) * share for n, share in home.items()}
        for node, share in ranks.items():
            given = _ONWARD * share / len(graph[node])
            for other in graph[node]:
                after[other] = after.get(other, 0.0) + given
        ranks = after
    return ranks


def _of(metadata: Mapping[str, object]) -> list[str]:
    found = metadata.get("entities", ())
    return [str(e) for e in found] if isinstance(found, (list, tuple)) else []
