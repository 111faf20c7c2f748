"""Where a host leaves the way that its plain Python plugins reach it by, at next to no cost to those that never do."""

from __future__ import annotations

from collections.abc import Callable

bridge: Callable[[str, tuple[str, ...]], str] | None = None
"""Set by a host that starts; see ``lumosai_sdk.host.bridge``."""
