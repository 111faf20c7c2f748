"""Where in a TOML text a key stands. ``tomllib`` does not tell, and an error without a line is half an error."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence

_QUOTED = r"""\"(?:[^"\\]|\\.)*\"|'[^']*'"""
_NAME = rf"(?:[A-Za-z0-9_-]+|{_QUOTED})"
_TABLE = re.compile(rf"^\s*\[\[?\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(rf"^\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")
_PART = re.compile(_NAME)
_LONG = ('"""', "'''")
_TOKEN = re.compile(rf"""\"{{3}}|'{{3}}|{_QUOTED}|\#.*|[\[\]{{}}]""")


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
    quote, depth = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        rest = line
        if not quote and not depth:
            if match := _TABLE.match(line):
                table = _parts(match[1])
                yield number, table
                continue
            if (match := _KEY.match(line)) is None:
                continue
            yield number, table + _parts(match[1])
            rest = line[match.end() :]
        quote, depth = _left_open(rest, quote, depth)


def _left_open(rest: str, quote: str, depth: int) -> tuple[str, int]:
    """Return the quotes of the string, and the number of brackets, that are still open after *rest* of a line."""
    if quote:
        _, closed, rest = rest.partition(quote)
        if not closed:
            return quote, depth
    for token in _TOKEN.finditer(rest):
        if token[0] in _LONG:
            return _left_open(rest[token.end() :], token[0], depth)
        depth += (token[0] in "[{") - (token[0] in "]}")
    return "", max(depth, 0)


def _parts(text: str) -> list[str]:
    return [_unquoted(p) for p in _PART.findall(text)]


def _unquoted(part: str) -> str:
    if part[0] not in "\"'":
        return part
    try:
        return str(tomllib.loads(f"part = {part}")["part"])
    except tomllib.TOMLDecodeError:
        return part[1:-1]


def _common(a: list[str], b: list[str]) -> int:
    n = 0
    while n < len(a) and n < len(b) and a[n] == b[n]:
        n += 1
    return n
