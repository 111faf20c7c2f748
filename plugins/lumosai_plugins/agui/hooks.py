"""The plugin's hooks: where agents have front ends, there is the tool that calls their functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumosai_sdk import hookimpl

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext


def hooks(context: PluginContext) -> Hooks | None:
    """Return the plugin's hooks, or None where no agents are named: nobody else has use for the tool."""
    return Hooks() if context.settings.get("agents") else None


class Hooks:
    """Puts ``agui.client`` where agents find it."""

    @hookimpl
    def lumos_contribute(self, contributions: Any) -> None:
        """Offer the tool."""
        from lumosai_plugins.agui.frontend import ID, client

        contributions.add("tool", ID, client, description=client.spec.description)
