"""The plugin's hooks. A host that names no remote agents has none, and loads nothing of this."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lumosai_sdk import hookimpl

if TYPE_CHECKING:
    from lumosai_plugins.a2a.settings import Settings
    from lumosai_sdk.types.plugins import PluginContext


def hooks(context: PluginContext) -> Hooks | None:
    """Return the plugin's hooks, or None where no remote agents are named. Raises ConfigError."""
    if not context.settings.get("remotes"):
        return None
    from lumosai_plugins.a2a.settings import Settings

    return Hooks(Settings.of(context.settings), context)


class Hooks:
    """Puts remote agents where the host's own agents find them."""

    def __init__(self, settings: Settings, context: PluginContext) -> None:
        from lumosai_plugins.a2a.remote import Remote

        self._remotes = [Remote(r) for r in settings.remotes.values()]
        self._context = context

    @hookimpl
    def lumos_contribute(self, contributions: Any) -> None:
        """Offer a tool for each remote agent."""
        from lumosai_plugins.a2a.tools import RemoteTool

        for remote in self._remotes:
            tool = RemoteTool(remote, self._context)
            contributions.add("tool", tool.spec.id, tool, description=tool.spec.description)

    @hookimpl
    async def lumos_shutdown(self) -> None:
        """Let agents be told that nobody waits for them any more."""
        await asyncio.gather(*(r.aclose() for r in self._remotes))
