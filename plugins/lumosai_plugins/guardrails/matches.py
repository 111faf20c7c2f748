"""What was found in a text, and putting something else in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """A piece of a text, and what it is."""

    start: int
    end: int
    kind: str


def apart(found: Iterable[Match]) -> list[Match]:
    """Return matches in order that do not overlap: of two that do, the one that begins first, or is longer."""
    out: list[Match] = []
    for match in sorted(found, key=lambda m: (m.start, -m.end)):
        if not out or match.start >= out[-1].end:
            out.append(match)
    return out


def replaced(text: str, found: Iterable[Match], by: Callable[[str, str], str]) -> str:
    """Return a text with ``by(kind, piece)`` in the place of each piece that was found."""
    out: list[str] = []
    at = 0
    for match in apart(found):
        out += (text[at : match.start], by(match.kind, text[match.start : match.end]))
        at = match.end
    return "".join((*out, text[at:])) if out else text
