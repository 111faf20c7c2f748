"""BERT's uncased tokenizer: clean, lower-case, strip accents, split at punctuation, then longest known pieces first.

Follows the published BERT reference behaviour (Devlin et al. 2018; uncased, ``##`` marks pieces inside a word).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MAX_TOKENS = 256
"""What the model was trained on; the rest of a longer text is left out."""

_MAX_WORD = 100
_MAX_CHARS = 20_000  # more cannot change the first 256 tokens of any real text, and bounds the time
_CJK = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPiece:
    """Turns a text into token ids, ``[CLS]`` first and ``[SEP]`` last, at most MAX_TOKENS of them."""

    def __init__(self, vocabulary: Path) -> None:
        with vocabulary.open(encoding="utf-8") as f:
            self._ids = {line.rstrip("\n"): i for i, line in enumerate(f)}
        self._cls, self._sep, self._unknown = (self._ids[t] for t in ("[CLS]", "[SEP]", "[UNK]"))
        self._word = lru_cache(maxsize=8192)(self._split_word)

    def encode(self, text: str) -> list[int]:
        """Return the ids of ``text``."""
        ids = [self._cls]
        for word in _words(text[:_MAX_CHARS]):
            ids.extend(self._word(word))
            if len(ids) >= MAX_TOKENS:
                break
        return [*ids[: MAX_TOKENS - 1], self._sep]

    def _split_word(self, word: str) -> tuple[int, ...]:
        if len(word) > _MAX_WORD:
            return (self._unknown,)
        ids, start = [], 0
        while start < len(word):
            piece = self._longest(word, start)
            if piece is None:
                return (self._unknown,)
            ids.append(piece[0])
            start = piece[1]
        return tuple(ids)

    def _longest(self, word: str, start: int) -> tuple[int, int] | None:
        mark = "##" if start else ""
        for end in range(len(word), start, -1):
            if (found := self._ids.get(mark + word[start:end])) is not None:
                return found, end
        return None


def _words(text: str) -> list[str]:
    spaced = "".join(map(_spaced, text)).lower()
    bare = "".join(c for c in unicodedata.normalize("NFD", spaced) if unicodedata.category(c) != "Mn")
    return "".join(f" {c} " if _is_punctuation(c) else c for c in bare).split()


@lru_cache(maxsize=4096)
def _spaced(c: str) -> str:
    if c in "\t\n\r" or unicodedata.category(c) == "Zs":
        return " "
    if c in "\0\ufffd" or unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs"}:
        return ""
    return f" {c} " if any(low <= ord(c) <= high for low, high in _CJK) else c


@lru_cache(maxsize=4096)
def _is_punctuation(c: str) -> bool:
    return (c.isascii() and not c.isalnum() and c > " ") or unicodedata.category(c).startswith("P")
