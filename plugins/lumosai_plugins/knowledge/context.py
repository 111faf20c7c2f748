"""The memory ``knowledge.context``: passages that bear on the input, put before the conversation."""

from __future__ import annotations

from collections.abc import Sequence

from lumosai_plugins.knowledge.collection import Collection
from lumosai_plugins.knowledge.passages import told
from lumosai_plugins.knowledge.searching import Found, search
from lumosai_plugins.knowledge.settings import Settings
from lumosai_sdk.types.memory import Turn, quoted
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext

_ASKED = 2000


class Context:
    """Looks things up for agents whose models do not call tools, or not reliably."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._settings = Settings.of(context.settings)

    async def recall(self, turn: Turn) -> Sequence[Message]:
        """Return the history, after what was found. Raises LumosError."""
        asked = " ".join(m.text for m in turn.input if m.role == "user").strip()[-_ASKED:]
        if not asked:
            return turn.history
        found: list[Found] = []
        for name in self._settings.of_agent(turn.run.agent):
            place = Collection(self._context, self._settings.collection(name), turn.run.principal)
            found += await search(place, asked, self._settings.passages)
        if not found:
            return turn.history
        return [quoted("knowledge.context", told(found[: self._settings.passages])), *turn.history]

    async def remember(self, turn: Turn, messages: Sequence[Message]) -> None:
        """Take note of nothing: documents are added by their owner."""
