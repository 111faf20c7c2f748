"""The plugin's hooks: agents that have front ends call their functions and change their state with tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumosai_sdk import hookimpl

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext


def hooks(context: PluginContext) -> Hooks | None:
    """Return the plugin's hooks, or None where no agents are named: nobody else has use for the tools."""
    return Hooks() if context.settings.get("agents") else None


class Hooks:
    """Puts ``agui.client`` and ``agui.state`` where agents find them."""

    @hookimpl
    def lumos_contribute(self, contributions: Any) -> None:
        """Offer the tools."""
        from lumosai_plugins.agui.frontend import client
        from lumosai_plugins.agui.sharing import state

        for made in (client, state):
            contributions.add("tool", made.spec.id, made, description=made.spec.description)
