"""Answers that stream: what may still become part of a match is kept back, and no more than that."""

from __future__ import annotations

from collections.abc import Callable

MOST = 256
"""Characters that are kept back at most: longer things than that are found in parts."""
_JOINS = frozenset(" ")


def settled(text: str) -> int:
    """Return how much of a text no longer piece could change: all but its last run without blanks.

    Numbers are written in groups: a blank after a digit or a bracket does not end a run.
    """
    at, least = len(text), max(0, len(text) - MOST)
    while at > least:
        c = text[at - 1]
        if c.isspace() and not (c in _JOINS and at > 1 and (text[at - 2].isdigit() or text[at - 2] in ")+")):
            break
        at -= 1
    return at


class Held:
    """A filter that changes text by *change*, whole runs at a time."""

    def __init__(self, change: Callable[[str], str]) -> None:
        self._change = change
        self._kept = ""

    def push(self, piece: str) -> str:
        """Return what may be shown now."""
        text = self._kept + piece
        cut = settled(text)
        self._kept = text[cut:]
        return self._change(text[:cut]) if cut else ""

    def finish(self) -> str:
        """Return the rest."""
        text, self._kept = self._kept, ""
        return self._change(text) if text else ""
