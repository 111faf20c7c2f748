"""What is searched for, as FTS5 takes it."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")
MAX_WORDS = 64
_MAX_TEXT = 10_000


def expression(words: str) -> str:
    """Return the expression that fits whatever has one of the words; empty when there are none.

    Each stands in quotes: nothing of it is read as FTS5's own language.
    """
    found = dict.fromkeys(w.lower() for w in _WORD.findall(words[:_MAX_TEXT]))
    return " OR ".join(f'"{w}"' for w in list(found)[:MAX_WORDS])
