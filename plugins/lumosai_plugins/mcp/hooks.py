"""The plugin's hooks. A host without MCP servers has none, and loads nothing of this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumosai_sdk import hookimpl

if TYPE_CHECKING:
    from lumosai_plugins.mcp.hub import Hub
    from lumosai_sdk.types.plugins import PluginContext


def hooks(context: PluginContext) -> Hooks | None:
    """Return the plugin's hooks, or None where no servers are named. Raises ConfigError."""
    if not context.settings.get("servers"):
        return None
    from lumosai_plugins.mcp.hub import Hub
    from lumosai_plugins.mcp.settings import Settings

    return Hooks(Hub(Settings.of(context.settings, context.base), context), context)


class Hooks:
    """Puts the tools of servers where agents find them."""

    def __init__(self, hub: Hub, context: PluginContext) -> None:
        self._hub = hub
        self._context = context

    @hookimpl
    def lumos_contribute(self, contributions: Any) -> None:
        """Offer what was accepted of each server."""
        self._hub.contribute(contributions.later())

    @hookimpl
    async def lumos_startup(self) -> None:
        """Get to know servers that are trusted on first use. Without a host there is nothing they could serve."""
        if self._context.services is not None:
            await self._hub.start()

    @hookimpl
    async def lumos_shutdown(self) -> None:
        """End the servers."""
        await self._hub.stop()
