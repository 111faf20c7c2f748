"""Where in a TOML text a key stands. ``tomllib`` does not tell, and an error without a line is half an error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_TABLE = re.compile(r"^\s*\[\[?\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """Return the line (from 1) of the longest prefix of *path* that the text has, or None."""
    wanted = [str(p) for p in path if not isinstance(p, int)]
    best: tuple[int, int] | None = None
    for number, keys in _keys(text):
        common = _common(keys, wanted)
        if common == len(keys) and common and (best is None or common > best[0]):
            best = (common, number)
    return best[1] if best else None


def _keys(text: str) -> Iterator[tuple[int, list[str]]]:
    table: list[str] = []
    quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        if quote:
            quote = "" if quote in line else quote
            continue
        if match := _TABLE.match(line):
            table = _parts(match[1])
            yield number, table
        elif match := _KEY.match(line):
            yield number, table + _parts(match[1])
            quote = _opens_multiline(line[match.end() :])


def _opens_multiline(rest: str) -> str:
    for quote in ('"""', "'''"):
        if rest.count(quote) == 1:
            return quote
    return ""


def _parts(text: str) -> list[str]:
    return [p.strip("\"'") for p in _PART.findall(text)]


def _common(a: list[str], b: list[str]) -> int:
    n = 0
    while n < len(a) and n < len(b) and a[n] == b[n]:
        n += 1
    return n
