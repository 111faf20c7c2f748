"""An agent as a tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from lumosai_plugins.team.asking import Asking
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.tools import ToolContext, ToolSpec

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext

_SHOWN = 40
TASK = {
    "type": "object",
    "additionalProperties": False,
    "required": ["task"],
    "properties": {
        "task": {
            "type": "string",
            "minLength": 1,
            "maxLength": 50_000,
            "description": "What is to be done, with all that must be known for it.",
        }
    },
}


class Member:
    """Hands a task to an agent and returns its answer, for whoever is behind the run."""

    def __init__(self, context: PluginContext, agent: str, about: str) -> None:
        self._context = context
        self._agent = agent
        self._shares = any(fnmatchcase(agent, g) for g in context.settings.get("shared", ()))
        # What an agent does may change things: a run that must not do so unasked must not have it done, either.
        self.spec = ToolSpec(
            f"team.{agent}",
            about or f"Ask the agent {agent} to do something, and get its answer.",
            TASK,
            timeout=float(context.settings.get("timeout", 600)),
            side_effects=True,
        )

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> str:
        """Return the answer. Raises LumosError, Suspend."""
        said = [*await self._history(context), Message.user(str(arguments["task"]))]
        asking = Asking(self._context, context, self._agent)
        try:
            answer = await asking.answered(said)
        except LumosError:
            await asking.forget()
            raise
        await asking.forget()
        return answer

    async def _history(self, context: ToolContext) -> Sequence[Message]:
        if not self._shares or context.thread_id is None:
            return ()
        storage = self._context.host.storage()
        said = await storage.messages(context.thread_id, _SHOWN)
        return [m for m in said if m.role in {"user", "assistant"} and m.text and not m.tool_calls]
