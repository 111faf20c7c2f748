"""The plugin's settings, ``[plugins.local.settings]``; the host has checked them against the manifest's schema."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """``models`` is the model folder, ``waiting`` how many requests may wait for the engine."""

    models: str | None = None
    auto_pull: bool = True
    context: int = 4096
    threads: int | None = None
    max_tokens: int = 256
    waiting: int = 64

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Read the settings that are given; the rest have their defaults."""
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in given.items() if k in known and v is not None})
