"""Words as sparse vectors: the part of BM25 that a text has by itself; how rare a word is, Qdrant multiplies in."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from typing import Final

MAX_WORDS: Final = 64
_MAX_TEXT: Final = 10_000
_WORD: Final = re.compile(r"[^\W_]+")
_K1: Final = 1.2
_B: Final = 0.75
_USUAL_LENGTH: Final = 128  # words; the collection's own average is not known while it is filled


def weights(text: str) -> dict[int, float]:
    """Return a text's words, by their numbers, with how much each says about it."""
    counts = Counter(_numbers(text))
    spread = _K1 * (1 - _B + _B * counts.total() / _USUAL_LENGTH)
    return {word: n * (_K1 + 1) / (n + spread) for word, n in counts.items()}


def wanted(text: str) -> dict[int, float]:
    """Return the words that are looked for, by their numbers."""
    return dict.fromkeys(list(dict.fromkeys(_numbers(text[:_MAX_TEXT])))[:MAX_WORDS], 1.0)


def _numbers(text: str) -> list[int]:
    """Return the words by their checksums: of 100,000 words, about one has another's."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return [zlib.crc32(w.encode()) for w in _WORD.findall(plain)]
