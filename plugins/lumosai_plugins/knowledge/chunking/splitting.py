"""Splitting at the strongest boundary that makes pieces small enough, then putting neighbours together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

Span: TypeAlias = tuple[int, int]
Boundaries: TypeAlias = Sequence[re.Pattern[str]]
"""Patterns after each match of which a text may be cut, the strongest first."""

_SENTENCE: Final = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]+[\"'\u201d\u2019)\]]*\s+|[\u3002\uff01\uff1f]")
_WORD: Final = re.compile(r"\s+")
_LINE: Final = re.compile(r"\n")
PARAGRAPHS: Final[Boundaries] = (re.compile(r"\n\s*\n"), _LINE, _SENTENCE, _WORD)
SENTENCES: Final[Boundaries] = (_SENTENCE, _WORD)
WORDS: Final[Boundaries] = (_WORD,)
JSON: Final[Boundaries] = (*(re.compile(rf"\n(?= {{{depth}}}[^ \]}}])") for depth in range(1, 6)), _LINE, _WORD)


def split(text: str, span: Span, boundaries: Boundaries, size: int, overlap: int) -> list[Span]:
    """Return spans that cover *span*, none longer than *size*; each begins at most *overlap* before the last one's end.

    They are cut at boundaries; where there are none for *size* characters, anywhere.
    """
    return together(list(pieces(text, span, boundaries, size)), size, overlap)


def pieces(text: str, span: Span, boundaries: Boundaries, size: int) -> Iterator[Span]:
    """Yield spans one after the other that make up *span*, none longer than *size*."""
    start, end = span
    if end - start <= size:
        if end > start:
            yield span
        return
    if not boundaries:
        yield from ((at, min(at + size, end)) for at in range(start, end, size))
        return
    at = start
    for match in boundaries[0].finditer(text, start, end):
        if at < match.end() < end:
            yield from pieces(text, (at, match.end()), boundaries[1:], size)
            at = match.end()
    yield from pieces(text, (at, end), boundaries[1:], size)


def sentences(text: str, size: int) -> Iterator[Span]:
    """Yield the sentences of a text, those longer than *size* in parts."""
    at = 0
    for end in (*(m.end() for m in _SENTENCE.finditer(text)), len(text)):
        yield from pieces(text, (at, end), WORDS, size)
        at = end


def together(parts: Sequence[Span], size: int, overlap: int) -> list[Span]:
    """Put neighbours together as long as they fit; begin the next with as many of the last as the overlap holds."""
    out: list[Span] = []
    first = 0
    for i, (_, end) in enumerate(parts):
        if end - parts[first][0] > size:
            last = parts[i - 1][1]
            out.append((parts[first][0], last))
            # Not so far back that the next would not fit, nor to where this one began.
            repeated = (n for n in range(first + 1, i) if last - parts[n][0] <= overlap and end - parts[n][0] <= size)
            first = next(repeated, i)
    if parts:
        out.append((parts[first][0], parts[-1][1]))
    return out
