"""Label values, of which there is an end: each distinct one is a time series that a server keeps for weeks."""

from __future__ import annotations

from typing import Final

OTHER: Final = "_other"
_LONGEST: Final = 128


class Labels:
    """The values of one label: the first ones seen are kept apart, the rest is ``_other``."""

    __slots__ = ("_limit", "_seen")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen: dict[str, str] = {}

    def __call__(self, value: str) -> str:
        """Return *value* as it may be used; half characters, which UTF-8 has no form for, as question marks."""
        if (known := self._seen.get(value)) is not None:
            return known
        if len(self._seen) >= self._limit or len(value) > _LONGEST:
            return OTHER
        usable = value.encode(errors="replace").decode()
        self._seen[value] = usable
        return usable
