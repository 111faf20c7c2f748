"""Markdown shown while it is still being written.

What is finished is printed for good, block by block; only the block being written is redrawn. So a long answer scrolls
like any other text, and nothing that has left the screen is ever drawn again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.markdown import Markdown
from rich.segment import Segment, Segments

from lumosai_sdk import safe

if TYPE_CHECKING:
    from rich.console import RenderableType

_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")


class MarkdownStream:
    """Text comes in pieces, blocks go out to the console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rest = ""
        self._printed = False

    def feed(self, piece: str) -> None:
        """Take a piece of text; print the blocks that are whole now."""
        self._rest += safe.lines(piece)
        if "\n" not in piece:
            return
        while (end := _block_end(self._rest)) is not None:
            self._print(self._rest[:end])
            self._rest = self._rest[end:]

    def finish(self) -> None:
        """Print what is left."""
        self._print(self._rest)
        self._rest, self._printed = "", False

    def _print(self, block: str) -> None:
        if not block.strip():
            return
        if self._printed:
            self._console.print()
        self._printed = True
        self._console.print(rendered(block))

    def tail(self) -> RenderableType:
        """Return the unfinished block, no taller than the terminal."""
        if not self._rest.strip():
            return ""
        lines = self._console.render_lines(rendered(self._rest), pad=False)
        if not lines:  # a comment, or the definition of a link
            return ""
        shown = lines[-max(self._console.height - 4, 4) :]
        gap = [""] if self._printed else []
        return Group(*gap, *(Segments([*line, Segment.line()]) for line in shown[:-1]), Segments(shown[-1]))


def rendered(text: str) -> Markdown:
    """Return Markdown whose links show where they lead: a link that hides its address is a trap."""
    return Markdown(text.strip("\n"), hyperlinks=False, code_theme="ansi_dark")


def _block_end(text: str) -> int | None:
    """Return where the first whole block ends: after the first blank line that is not inside a code fence."""
    fence, at, seen = "", 0, False
    for line in text.splitlines(keepends=True):
        at += len(line)
        match = _FENCE.match(line)
        if fence:
            fence = "" if match and match[1].startswith(fence) else fence
        elif match:
            fence, seen = match[1], True
        elif line.strip():
            seen = True
        elif seen and line.endswith("\n"):
            return at
    return None
