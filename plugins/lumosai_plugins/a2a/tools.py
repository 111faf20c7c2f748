"""Remote agents as tools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lumosai_sdk.types.tools import ToolContext, ToolSpec

if TYPE_CHECKING:
    from lumosai_plugins.a2a.remote import Remote
    from lumosai_sdk.types.plugins import PluginContext

MAX_INPUT = 200_000
_ID = {"type": "string", "minLength": 1, "maxLength": 128}
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "minLength": 1, "maxLength": MAX_INPUT, "description": "What to tell the agent"},
        "context": {**_ID, "description": "The context of an earlier answer, to go on with that conversation"},
        "task": {**_ID, "description": "The task of an answer that waits for something, to give it that"},
    },
    "required": ["message"],
    "additionalProperties": False,
}
_MARGIN = 5.0


class RemoteTool:
    """Asks one remote agent. What it is described as are the owner's words, never its card's."""

    def __init__(self, remote: Remote, context: PluginContext) -> None:
        settings = remote.settings
        self._remote = remote
        self._context = context
        self.spec = ToolSpec(
            f"a2a.{settings.name}",
            settings.description or f"Ask the remote agent {settings.name}, and return its answer.",
            _SCHEMA,
            approval="always" if settings.approve else "never",
            timeout=settings.timeout + _MARGIN,
            side_effects=True,
        )

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:  # noqa: ARG002 - as tools are called
        """Ask it. Raises ToolError, ConfigError, MissingExtraError."""
        return await self._remote.ask(
            arguments["message"], arguments.get("context"), arguments.get("task"), self._context.host.kv()
        )
