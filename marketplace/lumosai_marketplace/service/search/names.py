"""Names in memory: what they begin with, for suggestions, and what they look like, for typing errors."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from lumosai_marketplace.names import Name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Phrase = tuple[str, ...]
MOST_PHRASES: Final = 6
"""Corrections of one word that are searched for."""
_SHORT = 4
_END = "\U0010ffff"


class Vocabulary:
    """The words of names, how many names have each, and all beginnings of names in their order."""

    def __init__(self) -> None:
        self._phrases: dict[str, Phrase] = {}
        self._counts: dict[str, int] = {}
        self._by_length: dict[int, list[str]] | None = None
        self._keys: list[str] = []
        self._slots = array("q")
        self._new: list[tuple[str, int]] = []

    def change(self, name: Name, slot: int, *, listed: bool) -> None:
        """Take a name in, or out."""
        for word, phrase in _spelled(name).items():
            count = self._counts.get(word, 0) + (1 if listed else -1)
            if count > 0:
                self._counts[word], self._phrases[word] = count, phrase
            else:
                del self._counts[word], self._phrases[word]
        self._by_length = None
        if listed:
            self._new += [(key, slot) for key in beginnings(name)]

    def has(self, word: str) -> bool:
        """Tell whether a name has a word, or one that begins with it."""
        self._sort()
        at = bisect_left(self._keys, word)
        return word in self._counts or (at < len(self._keys) and self._keys[at].startswith(word))

    def beginning(self, text: str) -> NDArray[np.int64]:
        """Return the slots of names that have a part beginning with *text*, names that are gone among them.

        Some are told twice.
        """
        return self._between(text, text + _END)

    def ending(self, text: str) -> NDArray[np.int64]:
        """Return the slots of names that are *text*, or end with it after a dash; names that are gone among them."""
        return self._between(text, text)

    def _between(self, first: str, last: str) -> NDArray[np.int64]:
        import numpy as np

        self._sort()
        low, high = bisect_left(self._keys, first), bisect_right(self._keys, last)
        return np.array(self._slots[low:high], np.int64)

    def corrections(self, word: str) -> tuple[Phrase, ...]:
        """Return what *word* may have been meant for: the nearest words of names, those of many names first."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        most = 1 if len(word) <= _SHORT else 2
        near = self._of_length(range(len(word) - most, len(word) + most + 1))
        found = process.extract(word, near, scorer=OSA.distance, score_cutoff=most, limit=4 * MOST_PHRASES)
        # Who mistypes gets the first letter right more often than not.
        best = sorted(found, key=lambda f: (f[1], f[0][0] != word[0], -self._counts[f[0]], f[0]))
        return tuple(dict.fromkeys(self._phrases[f[0]] for f in best))[:MOST_PHRASES]

    def _of_length(self, lengths: range) -> list[str]:
        if self._by_length is None:
            self._by_length = {}
            for word in self._counts:
                self._by_length.setdefault(len(word), []).append(word)
        return [w for n in lengths for w in self._by_length.get(n, ())]

    def _sort(self) -> None:
        """Put new keys in their places: one by one where they are few."""
        if len(self._new) > 1000:  # noqa: PLR2004 - about where sorting all of them is faster
            pairs = sorted([*zip(self._keys, self._slots, strict=True), *self._new])
            self._keys, self._slots = [k for k, _ in pairs], array("q", (s for _, s in pairs))
        else:
            for key, slot in self._new:
                at = bisect_left(self._keys, key)
                self._keys.insert(at, key)
                self._slots.insert(at, slot)
        self._new = []


def beginnings(name: Name) -> Iterator[str]:
    """Yield all that somebody may begin to type to find a name."""
    yield name.screen
    yield name.wire
    parts = name.plugin.split("-")
    yield from ("-".join(parts[i:]) for i in range(len(parts)))


def _spelled(name: Name) -> dict[str, Phrase]:
    """Return the words of a name by how they may be typed: ``weathermap`` for ``weather-map`` too."""
    parts = tuple(name.plugin.split("-"))
    words = {w: (w,) for w in (name.namespace, *parts)}
    return {**words, "".join(parts): parts}
