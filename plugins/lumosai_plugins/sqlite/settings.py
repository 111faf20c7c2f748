"""The plugin's settings; their meaning and bounds stand in the manifest."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from lumosai_sdk.types.plugins import PluginContext

FILE_NAME = "lumos.db"


@dataclass(frozen=True, slots=True)
class Settings:
    """What stands in ``[plugins.sqlite.settings]``."""

    path: Path
    synchronous: str = "NORMAL"
    retention_days: float = 30
    max_bytes: int = 8 * 1024**3
    max_row_bytes: int = 1024**2
    max_value_bytes: int = 32 * 1024**2
    queue_rows: int = 100_000
    queue_bytes: int = 64 * 1024**2
    busy_timeout: float = 5
    timeout: float = 10

    @classmethod
    def of(cls, context: PluginContext) -> Settings:
        """Read a context's settings, its file relative to ``lumos.toml``."""
        known = {f.name for f in fields(cls)}
        given = {k: v for k, v in context.settings.items() if k in known}
        written = given.pop("path", None)
        path = context.base / Path(written).expanduser() if written else context.data_dir / FILE_NAME
        return cls(path=path.absolute(), **given)
