"""The plugin's settings; their meaning and bounds stand in the manifest."""

from __future__ import annotations

from dataclasses import dataclass, fields

from lumosai_sdk.types.plugins import PluginContext


@dataclass(frozen=True, slots=True)
class Settings:
    """What stands in ``[plugins.memory.settings]``."""

    max_runs: int = 10_000
    max_threads: int = 10_000
    max_values: int = 100_000
    max_bytes: int = 256 * 1024**2

    @classmethod
    def of(cls, context: PluginContext) -> Settings:
        """Read a context's settings."""
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in context.settings.items() if k in known})
