"""Small matters of wording."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z0-9._/:-]{1,256}\Z")


def counted(count: int, noun: str) -> str:
    """Return ``1 tool``, ``3 tools``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def is_plain(name: str) -> bool:
    """Tell whether a name may be handed to a shell's completion: bash expands the words it is given."""
    return _PLAIN.match(name) is not None


def ago(seconds: float) -> str:
    """Return a duration in its largest unit: ``12 s``, ``3 min``, ``5 h``, ``2 d``."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
