"""Conversations that one agent hands over to another, which goes on with them: in the same run, and on the thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lumosai.runs.context import Context
from lumosai.runs.processors import process
from lumosai.runs.recorder import Recorder
from lumosai.runs.state import TRAIL, Handover, RunState
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.caller import RUN
from lumosai_sdk.types.storage import RunRecord, Thread

HOLDERS: Final = "lumosai.holders"
"""Metadata of a thread: by the agent that is asked, the one that has the conversation now."""


async def restore_handovers(state: RunState, record: RunRecord) -> None:
    """Let a run that goes on be the agent's that had it, and hand it over where that was still to be done."""
    kept = record.request
    if "agent" in kept:
        state.go_on_as(await state.find_plan(kept["agent"]))
    if "handover" in kept:
        to, keep = kept["handover"]
        state.handover = Handover(await state.find_plan(to), bool(keep))


class Handovers:
    """Carries out what tools asked for."""

    def __init__(self, recorder: Recorder, context: Context) -> None:
        self._recorder = recorder
        self._context = context

    async def take(self, state: RunState) -> None:
        """Go on as the agent that the conversation is handed over to, if it is. Raises LumosError."""
        if (handover := state.handover) is None:
            return
        before, state.handover = state.plan.agent.id, None
        own = state.own_messages
        _follow(state, handover)
        await self._context.put(state, own)
        await self._read(state)
        state.emit(ev.RunHandedOver, before, state.plan.agent.id)
        if state.request.thread_id is not None:
            await self._note(state, state.request.thread_id, keep=handover.keep)

    async def follow(self, state: RunState, thread: Thread) -> None:
        """Begin as the agent that has the thread, where the one that is asked has handed it over."""
        holder = _holders(thread).get(state.agent)
        if holder is None:
            return
        try:
            plan = await state.find_plan(holder)
        except LumosError:  # it has gone since, or this person may not ask it
            return
        _follow(state, Handover(plan, keep=True))

    async def _read(self, state: RunState) -> None:
        """Let the processors of the new agent look at the input, too: those of the other may have let it through."""
        if "input" not in state.plan.processors:
            return
        own = state.own_messages
        given = next((n for n, m in enumerate(own) if m.role == "assistant"), len(own))
        state.messages[state.own : state.own + given] = await process(state, "input", tuple(own[:given]))

    async def _note(self, state: RunState, thread_id: str, *, keep: bool) -> None:
        storage = self._recorder.storage
        thread = await storage.get_thread(thread_id)
        if thread is None:
            return
        holders = {k: v for k, v in _holders(thread).items() if k != state.agent}
        if keep and state.plan.agent.id != state.agent:
            holders[state.agent] = state.plan.agent.id
        metadata: dict[str, Any] = {k: v for k, v in thread.metadata.items() if k != HOLDERS}
        if holders:
            metadata[HOLDERS] = holders
        await storage.put_thread(replace(thread, metadata=metadata))


def _follow(state: RunState, handover: Handover) -> None:
    trail = [*state.trail, handover.plan.agent.id]
    state.go_on_as(handover.plan)
    state.request = replace(state.request, metadata={**state.request.metadata, TRAIL: trail})
    RUN.set(state.info)


def _holders(thread: Thread) -> Mapping[str, str]:
    found = thread.metadata.get(HOLDERS)
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, Mapping) else {}
