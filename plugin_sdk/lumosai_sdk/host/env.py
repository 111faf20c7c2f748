"""Right ``env``."""

from __future__ import annotations

from lumosai_sdk.host.bridge import call


def get(name: str, default: str | None = None) -> str | None:
    """Return an environment variable of the host, or *default*."""
    value = call("env.get", name)
    return default if value is None else str(value)
