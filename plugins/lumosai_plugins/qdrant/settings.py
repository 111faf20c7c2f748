"""The plugin's settings; their meaning and bounds stand in the manifest."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from lumosai_sdk.errors import ConfigError
from lumosai_sdk.secrets import Secret
from lumosai_sdk.types.plugins import PluginContext

MEMORY = ":memory:"
_TABLE = "[plugins.qdrant.settings]"
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What stands in ``[plugins.qdrant.settings]``."""

    url: str = ""
    api_key: Secret | None = None
    path: str = ""
    prefix: str = "lumosai."
    timeout: int = 60

    @classmethod
    def of(cls, context: PluginContext) -> Settings:
        """Read a context's settings. Raises ConfigError when they name no place, two, or one to send no key to."""
        known = {f.name for f in fields(cls)}
        given = {k: v for k, v in context.settings.items() if k in known}
        if bool(given.get("url")) == bool(given.get("path")):
            raise ConfigError(
                "the vector store 'qdrant' needs either url or path",
                hint=f'set url = "http://127.0.0.1:6333" in {_TABLE}',
            )
        settings = cls(**given)
        server = urlsplit(settings.url)
        if settings.api_key is not None and server.scheme == "http" and server.hostname not in _HERE:
            raise ConfigError("Qdrant's key would be sent in clear text", hint=f"use https in url of {_TABLE}")
        if settings.path in {"", MEMORY}:
            return settings
        folder = str((context.base / Path(settings.path).expanduser()).absolute())
        return cls(settings.url, settings.api_key, folder, settings.prefix, settings.timeout)
