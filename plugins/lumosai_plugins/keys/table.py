"""A table of keys, cut to the terminal."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence

from lumosai_sdk import safe

_GAP = 2
_LEAST = 4


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows under their names, the widest columns cut first until they fit the terminal."""
    names = list(rows[0])
    cells = [[n.upper() for n in names], *([safe.line(row[n]) for n in names] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    room = shutil.get_terminal_size().columns - _GAP * (len(names) - 1)
    # An id that is cut is good for nothing.
    while sum(widths) > room and (widest := max(widths[1:])) > _LEAST:
        widths[widths.index(widest, 1)] -= 1
    return "\n".join(_line(line, widths) for line in cells)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    fitted = (c if len(c) <= w else f"{c[: w - 1]}…" for c, w in zip(cells, widths, strict=True))
    return (" " * _GAP).join(c.ljust(w) for c, w in zip(fitted, widths, strict=True)).rstrip()
