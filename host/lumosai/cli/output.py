"""What commands say: lines on standard output, remarks on standard error, JSON, tables."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TextIO

from lumosai.cli import style
from lumosai.cli.words import is_plain
from lumosai_sdk import safe


def say(text: str = "") -> None:
    """Write a line of the command's result."""
    sys.stdout.write(f"{text}\n")


def say_ids(ids: Iterable[str]) -> None:
    """Write ids, one a line, for a shell's completion: those that a shell would expand are left out."""
    for plain in filter(is_plain, ids):
        say(plain)


def tell(text: str = "") -> None:
    """Write a line to the person, beside the result. Where nobody can read it, work goes on: a disk may be full."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def warn(text: str) -> None:
    """Write a warning."""
    tell(f"{style.paint('warning:', style.YELLOW, sys.stderr)} {safe.line(text)}")


def say_json(value: Any, *, indent: int | None = 2) -> None:
    """Write a JSON value; ``indent=None`` puts it on one line."""
    import json

    say(safe.json_text(json.dumps(value, ensure_ascii=False, indent=indent, default=str)))


def table(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    empty: str = "nothing to show",
    whole: Collection[str] = (),
) -> None:
    """Write *rows* aligned under dim headers, cut to the terminal's width; *empty* is said where there are none.

    Columns that are useless if cut, such as ids, are named as *whole*.
    """
    if not rows:
        say(empty)
        return
    cells = [[safe.line(_cell(row.get(c))) for c in columns] for row in rows]
    widths = fit([c.upper() for c in columns], cells, style.width(sys.stdout), [c in whole for c in columns])
    say(style.paint(_row([c.upper() for c in columns], widths), style.DIM))
    for cell, row in zip(cells, rows, strict=True):
        say(_tinted(_row(cell, widths), str(row.get("state", row.get("status", "")))))


def pairs(items: Sequence[tuple[str, Any]], indent: str = "") -> None:
    """Write names and values, one pair a line, values aligned and wrapped within their margin."""
    margin = max((columns_of(name) for name, _ in items), default=0) + 2
    room = max(style.width(sys.stdout) - len(indent) - margin, 20)
    for name, value in items:
        first, *rest = _wrapped(safe.lines(str(value)), room) or [""]
        say(f"{indent}{style.paint(name, style.DIM)}{' ' * (margin - columns_of(name))}{first}".rstrip())
        for more in rest:
            say(f"{indent}{' ' * margin}{more}")


def _wrapped(text: str, room: int) -> list[str]:
    """Return the lines of a text, those too long for the terminal broken between words."""
    out: list[str] = []
    for line in text.splitlines():
        if columns_of(line) <= room:
            out.append(line)
        else:
            import textwrap

            out += textwrap.wrap(line, room, break_on_hyphens=False)
    return out


def fit(
    headers: Sequence[str], cells: Sequence[Sequence[str]], limit: int, whole: Sequence[bool] | None = None
) -> list[int]:
    """Return the columns' widths: what they need, the widest cut first until the table fits, those *whole* never."""
    widths = [max(columns_of(h), *(columns_of(row[i]) for row in cells)) for i, h in enumerate(headers)]
    floors = [w if whole and whole[i] else max(columns_of(headers[i]), 4) for i, w in enumerate(widths)]
    over = sum(widths) + 2 * (len(widths) - 1) - limit
    while over > 0:
        widest = max(range(len(widths)), key=lambda i: widths[i] - floors[i])
        spare = widths[widest] - floors[widest]
        if spare <= 0:
            break
        # Down to the runner-up at most, so that two long columns shrink together.
        second = max((w for i, w in enumerate(widths) if i != widest), default=0)
        cut = min(over, spare, max(widths[widest] - second, 1))
        widths[widest] -= cut
        over -= cut
    return widths


def columns_of(text: str) -> int:
    """Return how many columns a text takes: wide characters two, combining ones none."""
    return len(text) if text.isascii() else sum(_columns(c) for c in text)


def _columns(character: str) -> int:
    import unicodedata

    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, limit: int) -> str:
    """Return *text*, or what fits of it and an ellipsis."""
    if columns_of(text) <= limit:
        return text
    if text.isascii():
        return f"{text[: limit - 1]}…"
    end = room = 0
    for end, character in enumerate(text):  # noqa: B007 - where it stopped is what counts
        room += _columns(character)
        if room > limit - 1:
            break
    return f"{text[:end]}…"


def say_end(stream: TextIO | None = None) -> None:
    """Hand over what has been written so far."""
    (stream or sys.stdout).flush()


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    out = []
    for cell, width in zip(cells, widths, strict=True):
        shown = cut(cell, width)
        out.append(shown + " " * (width - columns_of(shown)))
    return "  ".join(out).rstrip()


def _tinted(text: str, state: str) -> str:
    code = {"broken": style.RED, "failed": style.RED, "suspended": style.YELLOW, "disabled": style.DIM}.get(state)
    return style.paint(text, code) if code else text


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(v) for v in value)
    return str(value)
