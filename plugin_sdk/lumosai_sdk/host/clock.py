"""Right ``clock``."""

from __future__ import annotations

from lumosai_sdk.host.bridge import call


def now() -> float:
    """Return the seconds since the epoch (UTC)."""
    return float(call("clock.now"))


def monotonic() -> float:
    """Return seconds from some point in the past, never running backwards."""
    return float(call("clock.monotonic"))
