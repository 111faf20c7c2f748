"""The memory ``remember.window``: as much of the conversation as fits a number of tokens."""

from __future__ import annotations

from collections.abc import Sequence

from lumosai_plugins.remember import tokens
from lumosai_plugins.remember.units import Unit, from_user, units
from lumosai_sdk.types.memory import Turn
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext


class Window:
    """Shows the last messages that fit, and every system message, which counts too; remembers nothing itself."""

    def __init__(self, context: PluginContext) -> None:
        settings = context.settings.get("window", {})
        self._budget: int = settings.get("tokens", 8000)
        self._bytes: float = settings.get("bytes_per_token", tokens.BYTES_PER_TOKEN)

    async def recall(self, turn: Turn) -> Sequence[Message]:
        """Return what fits of the history; a tool's result never without the call."""
        history = turn.history
        if not history or (self._fits(history) and not any(m.role == "tool" or m.tool_calls for m in history)):
            return history
        return self._cut(history)

    def _fits(self, messages: Sequence[Message]) -> bool:
        return tokens.of_messages(messages, self._bytes) <= self._budget

    def _cut(self, history: Sequence[Message]) -> Sequence[Message]:
        system = [m for m in history if m.role == "system"]
        left = self._budget - tokens.of_messages(system, self._bytes)
        kept: list[Unit] = []
        for unit in reversed(units([m for m in history if m.role != "system"])):
            left -= tokens.of_messages(unit, self._bytes)
            if left < 0:
                break
            kept.append(unit)
        kept.reverse()
        return [*system, *(m for unit in from_user(kept) for m in unit)]

    async def remember(self, turn: Turn, messages: Sequence[Message]) -> None:
        """Take note of nothing: the host keeps the conversation."""
