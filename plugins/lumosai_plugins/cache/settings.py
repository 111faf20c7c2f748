"""What the owner wants of the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True)
class Settings:
    """``[plugins.cache.settings]``, as the manifest describes them."""

    answers: Literal["off", "deterministic", "always"] = "off"
    share: Literal["caller", "tenant", "everyone"] = "caller"
    ttl: float = 3600.0
    max_entries: int = 10_000
    max_bytes: int = 64 * 1024 * 1024
    max_entry_bytes: int = 256 * 1024
    storage: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Return them from a plugin's settings, which the host has checked."""
        return cls(**{f.name: settings[f.name] for f in fields(cls) if f.name in settings})
