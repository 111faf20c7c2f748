"""An agent that the conversation may be handed over to, as a tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lumosai_sdk.types.tools import ToolContext, ToolSpec

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext

_REASON = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "reason": {
            "type": "string",
            "maxLength": 2000,
            "description": "What the other one should know that was not said.",
        }
    },
}


class Handoff:
    """Hands the conversation over to an agent, which answers the person itself."""

    def __init__(self, context: PluginContext, agent: str, about: str) -> None:
        self._agent = agent
        self._keep = bool(context.settings.get("keep_handoffs", True))
        what = f" It: {about}" if about else ""
        # What the other one does to the world, its own tools say: handing over changes nothing.
        self.spec = ToolSpec(
            f"team.handoff_to_{agent}",
            f"Hand the conversation over to the agent {agent}, which sees all of it and goes on from there.{what}",
            _REASON,
        )

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> str:
        """Hand over when this step ends. Raises ToolError, NotFoundError, PermissionDeniedError."""
        await context.hand_over(self._agent, keep=self._keep)
        reason = arguments.get("reason")
        return f"{self._agent} goes on with the conversation{f': {reason}' if reason else '.'}"
