"""Documents as they were read, and where in them something stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

Form = Literal["text", "markdown", "json"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What begins at a character of the text: a page, or what stands below a heading."""

    start: int
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text with where it comes from. ``marks`` are in order; ``form`` says what the text looks like."""

    source: str
    text: str
    title: str = ""
    form: Form = "text"
    marks: Sequence[Mark] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def label(self, at: int) -> str:
        """Return the page, or the headings, that a character stands below; empty where there are none."""
        place = bisect_right(self.marks, at, key=lambda m: m.start)
        return self.marks[place - 1].label if place else ""

    @property
    def hash(self) -> str:
        """The SHA-256 of what it says."""
        return digest(self.title, self.text, repr(sorted(self.metadata.items())))


def digest(*texts: str) -> str:
    """Return the SHA-256 of texts, in hex; the border between two of them counts."""
    made = sha256()
    for text in texts:
        raw = text.encode(errors="surrogatepass")
        made.update(len(raw).to_bytes(8, "big") + raw)
    return made.hexdigest()


def clean(text: str) -> str:
    """Return text that every store takes: line ends alike, without NUL and halves of surrogate pairs."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").encode("utf-8", "replace").decode()
