"""What the owner wants of the search; meaning and bounds stand in the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Settings:
    """``[plugins.toolsearch.settings]``."""

    threshold: int = 0
    suggested: int = 8
    found: int = 8
    always: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Return them from a plugin's settings, which the host has checked."""
        given = {f.name: settings[f.name] for f in fields(cls) if f.name in settings}
        # Models know tools by ids without dots.
        return cls(**given | {"always": tuple(str(p).replace(".", "_") for p in given.get("always", ()))})

    def pins(self, name: str) -> bool:
        """Tell whether a tool is always shown."""
        return any(fnmatchcase(name, pattern) for pattern in self.always)
