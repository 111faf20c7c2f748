"""What was said, as passages in a vector store: each with whose it is, and no search without that."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumosai_plugins.remember import asking
from lumosai_plugins.remember.keeping import Keeping, Place, digest
from lumosai_sdk.errors import NotFoundError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.vectors import VectorItem, Where

if TYPE_CHECKING:
    from lumosai_sdk.kinds.vectors import VectorStore
    from lumosai_sdk.types.plugins import PluginContext

COUNTED = "said"
PREFIX = "remember_"
_PIECE = 800
"""Characters: small embedding models read about 256 tokens, and pass over the rest."""
_MOST_PIECES = 32
_BATCH = 64
_WORDS, _CHARACTERS = 3, 6


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of what somebody said: ``seq`` counts the pieces of a thread."""

    id: str
    text: str
    role: str
    at: float
    seq: int
    thread_id: str
    born: float
    score: float = 0.0

    @classmethod
    def of(cls, id: str, text: str, metadata: Mapping[str, Any], score: float = 0.0) -> Passage:  # noqa: A002
        """Make one of what a store has."""
        m = metadata
        return cls(id, text, m["role"], float(m["at"]), int(m["seq"]), m["thread_id"], float(m["born"]), score)


class Passages:
    """Puts passages in and finds them."""

    def __init__(self, context: PluginContext, model: str, store: str) -> None:
        self._context = context
        self._model = model
        self._store_id = store or None
        self._keeping = Keeping(context)
        self.collection = f"{PREFIX}{digest(model)[:12]}"

    @property
    def store(self) -> VectorStore:
        """The vector store. Raises NotFoundError where there is none."""
        return self._context.host.vectors(self._store_id)

    async def add(self, owner: str, thread_id: str, messages: Sequence[Message]) -> None:
        """Put in what persons and models said; what tools returned is nobody's word. Raises LumosError."""
        said = [(m.role, piece) for m in messages if m.role in {"user", "assistant"} for piece in pieces(m.text)]
        for start in range(0, len(said), _BATCH):
            await self._add(owner, thread_id, said[start : start + _BATCH])

    async def _add(self, owner: str, thread_id: str, said: Sequence[tuple[str, str]]) -> None:
        vectors = await asking.embed(self._context, self._model, [text for _, text in said])
        place = Place(COUNTED, owner, thread_id)
        kept = await self._keeping.change(place, lambda old: {"count": (old or {}).get("count", 0) + len(said)})
        first, now = kept["count"] - len(said), time.time()
        common = {
            "person": digest(owner),
            "thread": digest(thread_id),
            "thread_id": thread_id,
            "born": kept["born"],
            "at": now,
        }
        items = [
            VectorItem(
                item_id(owner, thread_id, seq), vector, text, {**common, "role": role, "seq": seq, "tells": tells(text)}
            )
            for seq, ((role, text), vector) in enumerate(zip(said, vectors, strict=True), first)
        ]
        store = self.store
        await store.create(self.collection, len(vectors[0]), "cosine", {"model": self._model})
        await store.upsert(self.collection, items)
        if await self._keeping.born(thread_id) != kept["born"]:  # deleted meanwhile, and so is this
            await store.delete(self.collection, ids=[i.id for i in items])

    async def find(self, owner: str, text: str, limit: int, where: Where) -> list[Passage]:
        """Return what *owner* said, or was told, that is closest to *text*; closest first. Raises LumosError."""
        store = self.store
        vector = (await asking.embed(self._context, self._model, [text]))[0]
        mine = {**where, "person": digest(owner), "tells": True}
        try:
            hits = await store.query(self.collection, vector, limit=limit, where=mine)
        except NotFoundError:
            if all(c.name != self.collection for c in await store.collections()):
                return []
            # It was made meanwhile, by what is noted of another run.
            hits = await store.query(self.collection, vector, limit=limit, where=mine)
        # The store was told whose; what it answers is looked at all the same.
        theirs = [h for h in hits if h.metadata.get("person") == digest(owner)]
        return await self._alive([Passage.of(h.id, h.text, h.metadata, h.score) for h in theirs])

    async def _alive(self, passages: Sequence[Passage]) -> list[Passage]:
        """Leave out what is of threads that were deleted."""
        born = {t: await self._keeping.born(t) for t in {p.thread_id for p in passages}}
        return [p for p in passages if born[p.thread_id] == p.born]

    async def around(self, owner: str, found: Sequence[Passage], before: int, after: int) -> list[Passage]:
        """Return *found* with what was said just before and after, thread by thread, in order."""
        known = {p.id: p for p in found}
        wanted = {
            item_id(owner, p.thread_id, seq): p
            for p in found
            for seq in range(max(0, p.seq - before), p.seq + after + 1)
        }
        missing = [i for i in wanted if i not in known]
        if missing:
            for item in await self.store.get(self.collection, missing):
                if item.metadata.get("person") == digest(owner):
                    known[item.id] = Passage.of(item.id, item.text, item.metadata)
        return sorted((p for p in known.values()), key=lambda p: (p.born, p.thread_id, p.seq))


def item_id(owner: str, thread_id: str, seq: int) -> str:
    """Return the id of a passage."""
    return f"{digest(owner)}.{digest(thread_id)}.{seq:08d}"


def tells(text: str) -> bool:
    """Tell whether a passage says enough to be found by itself; an "OK" is shown beside others, and found by nobody."""
    return len(text.split()) >= _WORDS or (not text.isascii() and len(text) >= _CHARACTERS)


def pieces(text: str) -> list[str]:
    """Return a text in pieces that an embedding model takes whole, cut at blanks; of a very long one, the beginning."""
    out: list[str] = []
    rest = text.strip()
    while rest and len(out) < _MOST_PIECES:
        cut = len(rest) if len(rest) <= _PIECE else max(rest.rfind(" ", _PIECE // 2, _PIECE), _PIECE // 2)
        out.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return out
