"""The plugin's own settings; needs no right."""

from __future__ import annotations

from typing import Any

from lumosai_sdk.host.bridge import call


def get() -> dict[str, Any]:
    """Return the settings from ``lumos.toml``, checked against the manifest's schema, without secrets."""
    return dict(call("config.get"))
