"""The plugin's settings; their meaning and bounds stand in the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from lumosai_sdk.errors import ConfigError
from lumosai_sdk.secrets import Secret
from lumosai_sdk.types.plugins import PluginContext


@dataclass(frozen=True, slots=True)
class Settings:
    """What stands in ``[plugins.otel.settings]``."""

    endpoint: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10
    interval: float | None = None
    service_name: str | None = None
    traces: bool = True
    metrics: bool = True
    capture_content: bool = False
    max_content: int = 8192
    propagate: Sequence[str] = field(default_factory=lambda: ["http", "openai"])

    @classmethod
    def of(cls, context: PluginContext) -> Settings:
        """Read a context's settings. Raises ConfigError when the endpoint is no URL or a secret is not there."""
        known = {f.name for f in fields(cls)}
        given: dict[str, Any] = {k: v for k, v in context.settings.items() if k in known}
        if "endpoint" in given:
            given["endpoint"] = _checked(given["endpoint"])
        given["headers"] = {k: _revealed(v) for k, v in given.get("headers", {}).items()}
        return cls(**given)

    def url(self, signal: str) -> str | None:
        """Return where a signal goes (OTLP 1.x, "OTLP/HTTP Request"); None leaves it to the environment."""
        return f"{self.endpoint}/v1/{signal}" if self.endpoint else None


def _revealed(value: object) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value)


def _checked(endpoint: str) -> str:
    where = "endpoint in [plugins.otel.settings]"
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable, parts = False, urlsplit("")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{where} holds a password", hint='use headers = { authorization = "env:NAME" }')
    if not usable or parts.query or parts.fragment:
        raise ConfigError(f"{where} is no base URL", hint='write it like "http://localhost:4318"')
    return endpoint.rstrip("/")
