"""Text from models, tools and plugins, made harmless for a terminal.

A terminal obeys what it is shown: escape sequences move the cursor, rewrite what stands there, set titles or fill the
clipboard; bidirectional overrides make a command look like another. What others wrote is shown, never obeyed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

_BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_REPLACEMENT = "\ufffd"


def _table(*, lines: bool) -> dict[int, str | None]:
    table: dict[int, str | None] = {c: chr(0x2400 + c) for c in range(0x20)}
    table[0x7F] = "\u2421"
    table.update(dict.fromkeys(range(0x80, 0xA0), _REPLACEMENT))
    table.update(dict.fromkeys(_BIDI, _REPLACEMENT))
    if lines:
        del table[0x0A], table[0x09]
        table[0x0D] = None
    else:
        table.update(dict.fromkeys((0x09, 0x0A, 0x0D, 0x85, 0x2028, 0x2029), " "))
    return table


_ONE_LINE = _table(lines=False)
_LINES = _table(lines=True)
# Characters that may only stand inside a JSON string, where an escape means the same.
_JSON = {c: f"\\u{c:04x}" for c in (0x7F, *range(0x80, 0xA0), *_BIDI, 0x2028, 0x2029)}


def line(text: object) -> str:
    """Return *text* as one line without anything a terminal obeys."""
    return str(text).translate(_ONE_LINE)


def lines(text: str) -> str:
    """Return *text* with its line breaks and tabs, and nothing else a terminal obeys."""
    return text.translate(_LINES)


def json_text(text: str) -> str:
    """Return JSON text that means the same and holds nothing a terminal obeys."""
    return text.translate(_JSON)


def arguments(given: Mapping[str, Any], most: int = 2000) -> str:
    """Return the arguments of a call as a person who is to give leave for it is shown them.

    Characters that are not seen, or that turn others about, are shown as escapes. What does not fit is left out in the
    middle, and that is told: who writes the arguments must not hide one behind a long one.
    """
    text = json.dumps(dict(given), ensure_ascii=False)
    shown = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    left, half = len(shown) - most, most // 2
    return shown if left <= 0 else f"{shown[:half]} [{left} characters are not shown here] {shown[-half:]}"


def say(text: str = "") -> None:
    """Write lines of a command's result: what others wrote in them does not command the terminal."""
    sys.stdout.write(f"{lines(text)}\n")


def say_json(value: Any) -> None:
    """Write a JSON value as a command's result. Raises TypeError, ValueError for what is none."""
    sys.stdout.write(f"{json_text(json.dumps(value, ensure_ascii=False, indent=2))}\n")
