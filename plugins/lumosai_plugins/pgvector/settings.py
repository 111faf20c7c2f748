"""The plugin's settings; their meaning and bounds stand in the manifest."""

from __future__ import annotations

from dataclasses import dataclass, fields

from lumosai_sdk.errors import ConfigError
from lumosai_sdk.secrets import Secret
from lumosai_sdk.types.plugins import PluginContext

HINT = (
    'set dsn = "env:LUMOS_POSTGRES" in [plugins.pgvector.settings], and the variable to '
    "postgresql://user@host/database, with %40 and the like for what is special in a password"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What stands in ``[plugins.pgvector.settings]``."""

    dsn: Secret
    schema: str = "lumosai_vectors"
    language: str = "english"
    exact_rows: int = 5000
    pool: int = 4
    timeout: float = 60

    @classmethod
    def of(cls, context: PluginContext) -> Settings:
        """Read a context's settings. Raises ConfigError without a database."""
        known = {f.name for f in fields(cls)}
        given = {k: v for k, v in context.settings.items() if k in known}
        if "dsn" not in given:
            raise ConfigError("the vector store 'pgvector' is told no database", hint=HINT)
        return cls(**given)
