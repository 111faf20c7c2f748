"""Right ``secrets``: the plugin holds a handle, and the host puts the secret in its place on the way out."""

from __future__ import annotations

from lumosai_sdk.host.bridge import call


def get(name: str) -> str:
    """Return the handle of a secret setting, for use in the value of a header of ``host.http``."""
    return str(call("secrets.get", name))
