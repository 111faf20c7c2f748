"""What is searched for, as PostgreSQL's ``to_tsquery`` takes it."""

from __future__ import annotations

import re
from typing import Final

MAX_WORDS: Final = 64
_MAX_TEXT: Final = 10_000
_MAX_WORD: Final = 200
_WORD: Final = re.compile(r"[^\W_]+")


def expression(words: str) -> str:
    """Return the expression that fits whatever has one of the words; empty when there are none.

    Each is letters and digits, in quotes: nothing of it is read as an operator.
    """
    found = dict.fromkeys(w.lower()[:_MAX_WORD] for w in _WORD.findall(words[:_MAX_TEXT]))
    return " | ".join(f"'{w}'" for w in list(found)[:MAX_WORDS])
