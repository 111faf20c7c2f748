"""Globs of tools, held against the names that models know tools by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase


def names(globs: Iterable[str]) -> tuple[str, ...]:
    """Return globs of ids as those of names: models know tools by ids without dots."""
    return tuple(g.replace(".", "_") for g in globs)


def fits(name: str, globs: Sequence[str]) -> bool:
    """Tell whether a tool's name fits one of them."""
    return any(fnmatchcase(name, g) for g in globs)
