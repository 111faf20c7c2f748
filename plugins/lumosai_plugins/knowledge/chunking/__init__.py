"""Cutting documents into chunks: a chunk is a piece of the text, so that a citation can point at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from lumosai_plugins.knowledge.chunking.splitting import JSON, PARAGRAPHS, SENTENCES, WORDS, Span, split
from lumosai_plugins.knowledge.documents import Document

Chunker = Literal["auto", "recursive", "sentence", "token", "markdown", "json", "semantic"]
CHARACTERS_A_TOKEN: Final = 4
"""What a token is in the languages that models were taught most of; sizes need no more than that."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document, from character ``start`` to ``end``, and the headings or page it stands below."""

    start: int
    end: int
    text: str
    label: str = ""


def spans(document: Document, chunker: Chunker, size: int, overlap: int) -> list[Span]:
    """Return where chunks of at most *size* characters begin and end; each repeats *overlap* of the one before."""
    text = document.text
    if chunker == "auto":
        chunker = _BY_FORM.get(document.form, "recursive")
    if chunker == "markdown":
        return _below_headings(document, size, overlap)
    return split(text, (0, len(text)), _BOUNDARIES.get(chunker, PARAGRAPHS), size, overlap)


def chunks(document: Document, found: list[Span]) -> list[Chunk]:
    """Return what stands there, without blanks around it; of nothing but blanks there is no chunk."""
    out = []
    for start, end in found:
        piece = document.text[start:end]
        kept = piece.strip()
        if kept:
            begin = start + piece.index(kept)
            out.append(Chunk(begin, begin + len(kept), kept, document.label(begin)))
    return out


def _below_headings(document: Document, size: int, overlap: int) -> list[Span]:
    """Cut at each heading first; what stands below one is short of its own only where it is very short."""
    starts = sorted({0, *(m.start for m in document.marks), len(document.text)})
    sections: list[Span] = []
    for start, end in pairwise(starts):
        last = sections[-1] if sections else None
        if last is not None and last[1] - last[0] < size // _TINY and end - last[0] <= size:
            sections[-1] = (last[0], end)
        else:
            sections.append((start, end))
    return [s for section in sections for s in split(document.text, section, PARAGRAPHS, size, overlap)]


_TINY: Final = 8
_BY_FORM: Final[Mapping[str, Chunker]] = {"markdown": "markdown", "json": "json"}
_BOUNDARIES: Final = {"recursive": PARAGRAPHS, "sentence": SENTENCES, "token": WORDS, "json": JSON}
