"""The ``panel`` kind."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from lumosai_sdk.types.panels import PanelView
from lumosai_sdk.types.plugins import PluginContext


@runtime_checkable
class Panel(Protocol):
    """A piece of user interface, as data."""

    async def view(self, context: PluginContext) -> PanelView:
        """Return what the panel shows now."""
        ...
