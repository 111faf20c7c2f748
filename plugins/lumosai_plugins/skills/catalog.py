"""The memory ``skills.catalog``: what a model is told of skills before it opens one."""

from __future__ import annotations

from collections.abc import Sequence

from lumosai_plugins.skills.shelf import Shelf
from lumosai_sdk.types.memory import Turn
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext

_HEAD = (
    "There are skills: instructions for kinds of work. When one fits what you are asked, open it with the tool "
    "skills_open before you begin, and follow it. The skills:"
)


class Catalog:
    """Puts names and descriptions before the conversation; the instructions come when they are needed."""

    def __init__(self, context: PluginContext) -> None:
        self._shelf = Shelf(context)

    async def recall(self, turn: Turn) -> Sequence[Message]:
        """Return the history, after the skills of the agent. Raises MissingExtraError."""
        skills = await self._shelf.of(turn.run.agent)
        if not skills:
            return turn.history
        told = "\n".join(f"- {s.name}: {s.description}" for s in skills.values())
        return [Message.system(f"{_HEAD}\n{told}"), *turn.history]

    async def remember(self, turn: Turn, messages: Sequence[Message]) -> None:
        """Take note of nothing."""
