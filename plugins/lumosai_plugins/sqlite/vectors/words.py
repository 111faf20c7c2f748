"""What is searched for, as FTS5 takes it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

_WORD = re.compile(r"\w+")
MAX_WORDS = 64
_MAX_TEXT = 10_000
_COMMON = 20
_TENTH = 10


def terms(words: str) -> list[str]:
    """Return the words that are looked for, each in quotes: nothing of it is read as FTS5's own language."""
    found = dict.fromkeys(w.lower() for w in _WORD.findall(words[:_MAX_TEXT]))
    return [f'"{w}"' for w in list(found)[:MAX_WORDS]]


def telling(db: sqlite3.Connection, table: str, wanted: Sequence[str], count: int) -> list[str]:
    """Return the terms that are not in every tenth of *count* texts, or all of them if all are.

    What everybody says costs most to rank and tells texts apart least.
    """
    most = max(_COMMON, count // _TENTH)
    query = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {table} MATCH ? LIMIT ?)"  # noqa: S608 - a number
    rare = [t for t in wanted if db.execute(query, (t, most + 1)).fetchone()[0] <= most]
    return rare or list(wanted)
