"""The memory ``remember.working``: a sheet about the person, or the thread, that the model keeps itself."""

from __future__ import annotations

import json
from collections.abc import Sequence

from lumosai_plugins.remember.keeping import Keeping, Place, owner_of
from lumosai_plugins.remember.sheet import Sheet
from lumosai_plugins.remember.showing import record
from lumosai_plugins.remember.sweeping import Sweeper
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.memory import Turn
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext

WHAT = "working"


def place_of(sheet: Sheet, principal: Principal, thread_id: str | None) -> Place | None:
    """Return where the sheet of a run is kept: None for a run without the thread that it would be kept for."""
    if sheet.scope == "person":
        return Place(WHAT, owner_of(principal))
    return None if thread_id is None else Place(WHAT, owner_of(principal), thread_id)


class Working:
    """Shows the sheet before the conversation; the tool ``remember.update_working`` changes it."""

    def __init__(self, context: PluginContext) -> None:
        self._sheet = Sheet(context)
        self._keeping = Keeping(context)
        self._sweeper = Sweeper(context)
        self._how = _how(self._sheet)

    async def recall(self, turn: Turn) -> Sequence[Message]:
        """Return the history, after the sheet. Raises StorageError."""
        place = place_of(self._sheet, turn.run.principal, turn.run.thread_id)
        if place is None:
            return turn.history
        value = await self._keeping.get(place)
        if value is not None and not await self._keeping.alive(place, value):
            value = None
        version = (value or {}).get("version", 0)
        head = f"This is your working memory, version {version}. {self._how}"
        return [record("working_memory", head, self._sheet.shown(value)), *turn.history]

    async def remember(self, turn: Turn, messages: Sequence[Message]) -> None:  # noqa: ARG002 - the kind's interface
        """Note nothing: the model does, with its tool. What is past its time is let go of."""
        await self._sweeper.sweep_now_and_then()

    async def aclose(self) -> None:
        """Stop what goes on in the background."""
        await self._sweeper.aclose()


def _how(sheet: Sheet) -> str:
    tool = "the tool remember_update_working"
    if sheet.schema is None:
        return f"When you learn what belongs in it, replace it with {tool}: give all of it, as text."
    schema = json.dumps(sheet.schema, ensure_ascii=False)
    return f"When you learn what belongs in it, call {tool} with what changes. It has this JSON Schema: {schema}"
