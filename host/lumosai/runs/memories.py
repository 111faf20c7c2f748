"""What an agent's memories make of a conversation before a run, and are told after it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from lumosai.events.bus import EventBus
from lumosai.runs.processors import ONLY_TOOLS_ASK
from lumosai.runs.state import RunState
from lumosai_sdk.errors import LumosError, PluginError, Suspend
from lumosai_sdk.types.caller import RUN
from lumosai_sdk.types.memory import Turn
from lumosai_sdk.types.messages import Message

RECALL_SECONDS = 30.0
REMEMBER_SECONDS = 120.0


class Memories:
    """Asks memories. What they note of a run is waited for by the next on the same thread, and by the host's end."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._noting: dict[str, asyncio.Task[None]] = {}

    async def recall(self, state: RunState, given: Sequence[Message], history: Sequence[Message]) -> Sequence[Message]:
        """Return what the run's model is shown of the past. Raises LumosError when a memory fails."""
        if (noting := self._noting.get(state.request.thread_id or "")) is not None:
            await asyncio.wait([noting])
        for find in state.plan.memory:
            entry = find()
            what = f"memory {entry.id!r}"
            turn = Turn(state.info, tuple(given), tuple(history))
            try:
                history = await entry.generation.guard(what, partial(entry.obj.recall, turn), RECALL_SECONDS)
            except Suspend as e:
                raise PluginError(entry.generation.name, what, ONLY_TOOLS_ASK) from e
            if not all(isinstance(m, Message) for m in history):
                raise PluginError(entry.generation.name, what, "recalled what is no message")
        return history

    def remember(self, state: RunState, history: Sequence[Message]) -> None:
        """Tell the memories of a completed run, without waiting for them."""
        key = state.request.thread_id or state.id
        before = self._noting.get(key)
        task = asyncio.create_task(self._remember(state, history, before), name=f"lumos-remember-{state.id}")
        self._noting[key] = task
        task.add_done_callback(partial(self._noted, key))

    def _noted(self, key: str, task: asyncio.Task[None]) -> None:
        if self._noting.get(key) is task:
            del self._noting[key]

    async def _remember(self, state: RunState, history: Sequence[Message], before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        RUN.set(state.info)
        messages = state.own_messages
        turn = Turn(state.info, state.request.messages(), tuple(history))
        for find in state.plan.memory:
            try:
                entry = find()
                call = partial(entry.obj.remember, turn, messages)
                await entry.generation.guard(f"memory {entry.id!r}", call, REMEMBER_SECONDS)
            except (LumosError, Suspend) as e:
                self._bus.warn(f"run {state.id} is not remembered: {e}")

    async def aclose(self, grace: float) -> None:
        """Return when all is noted, after *grace* seconds at the latest."""
        if not self._noting:
            return
        _, late = await asyncio.wait(self._noting.values(), timeout=grace)
        for task in late:
            task.cancel()
        if late:
            self._bus.warn(f"{len(late)} runs are not remembered: their memories took longer than {grace:g} s")
