"""What long work says of itself, on standard error: a line that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lumosai.cli import style
from lumosai.cli.output import tell
from lumosai_sdk import safe


class Steps:
    """The steps of one piece of work. Calling it tells the next step; the work's builders get it as their ``say``."""

    def __init__(self, status: Any = None, *, lines: bool = True) -> None:
        self._status = status
        self._lines = lines

    def __call__(self, text: str) -> None:
        """Tell what is being done now."""
        line = safe.line(text)
        if self._status is not None:
            from rich.text import Text

            self._status.update(Text(line))
        elif self._lines:
            tell(line)


@contextmanager
def steps(first: str, *, lines: bool = True, announced: bool = True) -> Iterator[Steps]:
    """Show *first*, and then what the yielded ``Steps`` is told, until the work ends.

    Where no line can move, what is mostly quick has no *lines*, and what may be quick is not *announced*.
    """
    if not style.is_tty(sys.stderr):
        told = Steps(lines=lines)
        if announced:
            told(first)
        yield told
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, no_color=not style.coloured(sys.stderr), highlight=False)
    with console.status(Text(safe.line(first)), spinner="dots") as status:
        yield Steps(status)


class Clock:
    """How long work takes."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    def __str__(self) -> str:
        return in_seconds(time.perf_counter() - self._start)


def in_seconds(seconds: float) -> str:
    """Return a duration as people read it: ``3.4 ms``, ``12.3 s``."""
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def in_bytes(size: int) -> str:
    """Return a size as people read it: ``812 B``, ``4.2 KB``, ``18.4 MB``."""
    if size < 1000:  # noqa: PLR2004
        return f"{size} B"
    return f"{size / 1e3:.1f} KB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"  # noqa: PLR2004
