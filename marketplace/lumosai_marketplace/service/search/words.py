"""Words of names, texts and queries, the same for both databases: letters and digits, folded, without accents.

Nothing but such words ever reaches the query languages of FTS5 and PostgreSQL.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_TEXT: Final = 200
"""Characters of a query that are read."""
MAX_WORDS: Final = 8
MAX_WORD: Final = 40
_WORD = re.compile(r"[^\W_]+")
_STOP: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "in",
        "is",
        "it",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "what",
        "with",
        "you",
    ]
)


def tokens(text: str, most: int) -> list[str]:
    """Return the first *most* words of *text*."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    found = _WORD.finditer(text.casefold())
    return [m.group()[:MAX_WORD] for m, _ in zip(found, range(most), strict=False)]


def asked(text: str) -> list[str]:
    """Return the words that a query asks for, each once; the little words only where there are no others."""
    words = list(dict.fromkeys(tokens(text[:MAX_TEXT], MAX_WORDS)))
    return [w for w in words if w not in _STOP] or words


def indexed(text: str, most: int = 400) -> str:
    """Return a text as it is put into the index."""
    return " ".join(tokens(text[: most * MAX_WORD], most))
