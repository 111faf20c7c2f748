"""Answers that stream: what may still become part of a match is kept back, and no more than that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from lumosai_plugins.guardrails.matches import Match, apart

MOST: Final = 320
"""Characters of a run without blanks that are kept back: more than anything has that is found by itself."""
MOST_OPEN: Final = 20_000
"""Characters that are kept back of what has begun like a key of many lines. A longer one is withheld to its end."""
_BEFORE: Final = 64
_IDEOGRAPHS: Final = "\u2e80"
"""From here on scripts are written without blanks, and nothing that is looked for is written in them."""

Find: TypeAlias = Callable[[str], Iterable[Match]]
Replace: TypeAlias = Callable[[str, str], str]
Opening: TypeAlias = Callable[[str], int]
"""Returns where in a text something begins that its end may be part of; its length, if nothing does."""


def settled(text: str) -> int:
    """Return how much of a text no further piece could change: all but its last run without blanks.

    Numbers are written in groups: a blank after a digit or a bracket does not end a run.
    """
    at, least = len(text), max(0, len(text) - MOST)
    while at > least:
        c = text[at - 1]
        if c >= _IDEOGRAPHS:
            break
        if c.isspace() and not (c == " " and at > 1 and (text[at - 2].isdigit() or text[at - 2] in ")+")):
            break
        at -= 1
    return at


class Held:
    """A filter that puts something else in the place of what it finds, however the text is cut into pieces.

    All that is kept back is looked at each time, together with what was shown just before: a match may begin with the
    first piece of it and be told by the last.
    """

    def __init__(self, find: Find, replace: Replace, opening: Opening = len) -> None:
        self._find = find
        self._replace = replace
        self._opening = opening
        self._shown = ""
        self._kept = ""

    def push(self, piece: str) -> str:
        """Return what may be shown now."""
        self._kept += piece
        text, done = self._shown + self._kept, len(self._shown)
        cut = min(settled(text), self._open(text))
        found = self._matches(text, done)
        for match in found:
            if match.start < cut < match.end:
                cut = match.start
        return self._released(text, done, max(cut, done), found)

    def finish(self) -> str:
        """Return the rest."""
        text, done = self._shown + self._kept, len(self._shown)
        return self._released(text, done, len(text), self._matches(text, done))

    def _open(self, text: str) -> int:
        at = self._opening(text)
        return at if len(text) - at <= MOST_OPEN else len(text)

    def _matches(self, text: str, done: int) -> list[Match]:
        """Return what is found in what was not shown yet, in order."""
        found = (m for m in self._find(text) if m.end > done)
        return apart(Match(max(m.start, done), m.end, m.kind) for m in found)

    def _released(self, text: str, done: int, cut: int, found: Iterable[Match]) -> str:
        out, at = list[str](), done
        for match in found:
            if match.end <= cut:
                out += (text[at : match.start], self._replace(match.kind, text[match.start : match.end]))
                at = match.end
        out.append(text[at:cut])
        self._shown, self._kept = text[max(0, cut - _BEFORE) : cut], text[cut:]
        return "".join(out)
