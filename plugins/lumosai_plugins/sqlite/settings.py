"""The plugin's settings; their meaning and bounds stand in the manifest."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

from lumosai_sdk.types.plugins import PluginContext

FILE_NAME = "lumos.db"
VECTORS_FILE_NAME = "vectors.db"


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
    vectors_path: Path = Path(VECTORS_FILE_NAME)
    vectors_cache_mib: int = 1024

    @classmethod
    def of(cls, context: PluginContext) -> Settings:
        """Read a context's settings, its file relative to ``lumos.toml``."""
        known = {f.name for f in fields(cls)}
        given = {k: v for k, v in context.settings.items() if k in known}
        files = {"path": FILE_NAME, "vectors_path": VECTORS_FILE_NAME}
        for key, name in files.items():
            written = given.pop(key, None)
            path = context.base / Path(written).expanduser() if written else context.data_dir / name
            given[key] = path.absolute()
        return cls(**given)

    def for_vectors(self) -> Settings:
        """Return the same for the file of the vectors."""
        return replace(self, path=self.vectors_path)
