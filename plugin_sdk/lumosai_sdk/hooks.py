"""The marker a plugin puts on its hook implementations. The specs themselves are the host's ``lumosai.hookspecs``."""

import pluggy

PROJECT = "lumosai"

hookimpl = pluggy.HookimplMarker(PROJECT)
"""Decorator for a hook implementation; options as in pluggy (``tryfirst``, ``trylast``)."""
