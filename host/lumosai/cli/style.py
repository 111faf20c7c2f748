"""Colours and widths of the terminal, used only where there is one and nobody asked for none (https://no-color.org)."""

from __future__ import annotations

import os
import sys
from typing import TextIO

DEFAULT_WIDTH = 80
_NO_LIMIT = 1_000_000


def coloured(stream: TextIO) -> bool:
    """Tell whether *stream* is a terminal that may be coloured."""
    return is_tty(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def is_tty(stream: TextIO | None) -> bool:
    """Tell whether *stream* is a terminal; a closed or missing one is not."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def width(stream: TextIO) -> int:
    """Return the columns of the terminal, ``$COLUMNS``, or no limit where output goes to a file or pipe."""
    if (columns := os.environ.get("COLUMNS", "")).isdecimal() and int(columns):
        return int(columns)
    if not is_tty(stream):
        return _NO_LIMIT
    try:
        return os.get_terminal_size(stream.fileno()).columns or DEFAULT_WIDTH
    except OSError:
        return DEFAULT_WIDTH


def paint(text: str, code: str, stream: TextIO | None = None) -> str:
    """Return *text* in a colour (an SGR code such as ``2`` or ``31``) if the stream (standard output) shows colours."""
    return f"\x1b[{code}m{text}\x1b[0m" if text and coloured(stream or sys.stdout) else text


DIM, BOLD, RED, GREEN, YELLOW, CYAN = "2", "1", "31", "32", "33", "36"
