"""Which tools fit some words: BM25 over their names, descriptions and parameters.

The formula is that of Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), section 3.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from lumosai_sdk.types.tools import ToolSpec

_K1, _B = 1.2, 0.75
_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ENDINGS = ("ings", "ing", "ies", "ied", "es", "ed", "s", "e", "y")
_LEAST_STEM = 3
_NAME_WEIGHT = 3
MAX_TEXT = 4000


class Ranking:
    """The tools of one agent, by their words."""

    def __init__(self, specs: Sequence[ToolSpec]) -> None:
        self._names = [s.id for s in specs]
        self._counts = [_counted(s) for s in specs]
        lengths = [c.total() for c in self._counts]
        mean = sum(lengths) / max(len(lengths), 1) or 1.0
        self._norms = [_K1 * (1 - _B + _B * n / mean) for n in lengths]
        self._holders = Counter(word for c in self._counts for word in c)

    def best(self, text: str, limit: int) -> tuple[str, ...]:
        """Return the names of at most *limit* tools that share words with *text*, best first."""
        words = set(words_of(text[:MAX_TEXT]))
        scored = ((self._score(i, words), -i) for i in range(len(self._names)))
        ranked = sorted((s for s in scored if s[0] > 0), reverse=True)[:limit]
        return tuple(self._names[-i] for _, i in ranked)

    def _score(self, at: int, words: set[str]) -> float:
        counts, norm = self._counts[at], self._norms[at]
        return sum(self._rarity(w) * counts[w] * (_K1 + 1) / (counts[w] + norm) for w in words if w in counts)

    def _rarity(self, word: str) -> float:
        holders = self._holders[word]
        return math.log(1 + (len(self._names) - holders + 0.5) / (holders + 0.5))


def _counted(spec: ToolSpec) -> Counter[str]:
    properties = spec.input_schema.get("properties", {})
    told = [str(p.get("description", "")) for p in properties.values() if isinstance(p, dict)]
    counts = Counter(words_of(" ".join([spec.description, *properties, *told])[:MAX_TEXT]))
    for word in words_of(spec.id):
        counts[word] += _NAME_WEIGHT
    return counts


def words_of(text: str) -> list[str]:
    """Return the stems of a text's words; ``createEvent`` and ``create_events`` have the same two."""
    return [_stem(w.lower()) for w in _WORD.findall(_HUMP.sub(" ", text))]


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            return word.removesuffix(ending)
    return word
