"""Text, and Markdown with its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lumosai_plugins.knowledge.documents import Document, Mark, clean
from lumosai_sdk.errors import InputError

_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_UNREADABLE = 0.3
"""Share of characters: texts of another encoding have fewer, data has more."""
_FENCE = re.compile(r" {0,3}(```+|~~~+)")


def decoded(raw: bytes, source: str) -> str:
    """Return text of UTF-8, of UTF-16 with a byte order mark, or, of anything else, what can be read of it.

    Raises InputError for what is no text at all.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return clean(raw.decode("utf-16", "replace"))
    words = raw.decode("utf-8-sig", "replace")
    if (words.count("\ufffd") + words.count("\0")) > len(words) * _UNREADABLE:
        raise InputError(f"{source}: no text: it is neither UTF-8 nor UTF-16 with a byte order mark")
    return clean(words)


def text(raw: bytes, source: str) -> Document:
    """Read plain text."""
    return Document(source, decoded(raw, source))


def markdown(raw: bytes, source: str) -> Document:
    """Read Markdown (CommonMark); its first heading is its title."""
    return of_markdown(decoded(raw, source), source)


def of_markdown(words: str, source: str, title: str = "") -> Document:
    """Return Markdown as a document."""
    headings = list(_headings(words))
    marks, path = [], list[tuple[int, str]]()
    for start, level, heading in headings:
        path = [p for p in path if p[0] < level] + [(level, heading)]
        marks.append(Mark(start, " > ".join(h for _, h in path)))
    return Document(source, words, title or (headings[0][2] if headings else ""), "markdown", marks)


def _headings(words: str) -> Iterator[tuple[int, int, str]]:
    """Yield where headings begin, their level and their text; in fenced code there are none."""
    at, fence = 0, ""
    for line in words.splitlines(keepends=True):
        if found := _FENCE.match(line):
            if not fence:
                fence = found[1]
            elif found[1].startswith(fence):
                fence = ""
        elif not fence and (heading := _HEADING.match(line)):
            yield at, len(heading[1]), heading[2].rstrip("# \n").strip()
        at += len(line)
