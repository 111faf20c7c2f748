"""Attribute values that can be sent, and of which there is an end."""

from __future__ import annotations

from typing import Final

from lumosai_plugins.otel.semconv import OTHER

LONGEST: Final = 256


def clean(text: str, limit: int = LONGEST) -> str:
    """Return *text* cut to *limit*, without half characters: one of them would lose a whole batch of spans."""
    cut = text if len(text) <= limit else text[:limit] + "…"
    return cut if cut.isascii() else cut.encode(errors="replace").decode()


class Few:
    """The values of one metric attribute: the first ones seen are kept apart, the rest is ``_OTHER``."""

    __slots__ = ("_limit", "_seen")

    def __init__(self, limit: int = 200) -> None:
        self._limit = limit
        self._seen: dict[str, str] = {}

    def __call__(self, value: str) -> str:
        if (known := self._seen.get(value)) is not None:
            return known
        if len(self._seen) >= self._limit or len(value) > LONGEST:
            return OTHER
        self._seen[value] = clean(value)
        return self._seen[value]
