"""The memory ``remember.recall``: what was said that is like what is said now, however long ago."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from lumosai_plugins.remember.keeping import digest, owner_of
from lumosai_plugins.remember.passages import Passage, Passages
from lumosai_plugins.remember.showing import record
from lumosai_plugins.remember.sweeping import Sweeper
from lumosai_sdk.types.memory import Turn
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext

_ASKED = 800
_DAY = 86_400.0


class Recall:
    """Finds what is closest to the input, of the thread or of all that the person and their agents said."""

    def __init__(self, context: PluginContext) -> None:
        settings = context.settings.get("recall", {})
        self._passages = passages_of(context)
        self._sweeper = Sweeper(context)
        self._scope: str = settings.get("scope", "person")
        self._limit: int = settings.get("limit", 4)
        self._before: int = settings.get("before", 1)
        self._after: int = settings.get("after", 1)
        self._days: float = settings.get("max_age_days", 0)
        self._least: float = settings.get("min_score", 0.0)

    async def recall(self, turn: Turn) -> Sequence[Message]:
        """Return the history, after what was found. Raises LumosError."""
        asked = " ".join(m.text for m in turn.input if m.role == "user").strip()[-_ASKED:]
        if turn.run.thread_id is None or not asked:
            return turn.history
        shown = {m.text for m in turn.history}
        owner = owner_of(turn.run.principal)
        found = await self._passages.find(owner, asked, self._limit, self._where(turn.run.thread_id))
        found = [p for p in found if p.score >= self._least and p.text not in shown]
        if not found:
            return turn.history
        near = await self._passages.around(owner, found, self._before, self._after)
        text = told([p for p in near if p.text not in shown])
        return [record("recalled", "This was said before, and may bear on what is said now.", text), *turn.history]

    def _where(self, thread_id: str) -> dict[str, Any]:
        where: dict[str, Any] = {}
        if self._scope == "thread":
            where["thread"] = digest(thread_id)
        if self._days:
            where["at"] = {"gte": time.time() - self._days * _DAY}
        return where

    async def remember(self, turn: Turn, messages: Sequence[Message]) -> None:
        """Put what was said where it is found. Raises LumosError."""
        if turn.run.thread_id is not None:
            await self._passages.add(owner_of(turn.run.principal), turn.run.thread_id, messages)
        await self._sweeper.sweep_now_and_then()

    async def aclose(self) -> None:
        """Stop what goes on in the background."""
        await self._sweeper.aclose()


def passages_of(context: PluginContext) -> Passages:
    """Return the passages that the settings name."""
    settings = context.settings.get("recall", {})
    return Passages(context, settings.get("model", "local/minilm"), settings.get("store", ""))


def told(passages: Sequence[Passage]) -> str:
    """Return passages as text, with dates, a line between what was not said together."""
    lines: list[str] = []
    last: Passage | None = None
    for p in passages:
        if last is not None and (last.thread_id, last.seq + 1) != (p.thread_id, p.seq):
            lines.append("…")
        day = datetime.fromtimestamp(p.at, UTC).strftime("%Y-%m-%d")
        lines.append(f"[{day}] {'the person' if p.role == 'user' else 'you'}: {p.text}")
        last = p
    return "\n".join(lines)
