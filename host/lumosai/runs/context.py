"""What the model of a run reads before the run's own messages: instructions, and what memories make of the past."""

from __future__ import annotations

from collections.abc import Sequence

from lumosai.runs.memories import Memories
from lumosai.runs.recorder import Recorder
from lumosai.runs.state import RunState
from lumosai_sdk.types.messages import Message


class Context:
    """Puts it together for the agent that has the conversation."""

    def __init__(self, recorder: Recorder, memories: Memories) -> None:
        self._recorder = recorder
        self._memories = memories

    async def put(self, state: RunState, own: Sequence[Message]) -> None:
        """Make ``messages`` all that is to be read, the run's *own* messages last. Raises LumosError."""
        request, plan = state.request, state.plan
        messages: list[Message] = []
        if plan.system is not None:
            messages.append(plan.system)
        if request.instructions:
            messages.append(Message.system(request.instructions))
        state.history = ()
        if request.thread_id is not None and plan.agent.history:
            said = await self._recorder.storage.messages(request.thread_id, plan.agent.history)
            state.history = from_first_user(said)
        messages += await self._memories.recall(state, own, state.history) if plan.memory else state.history
        state.own = len(messages)
        state.messages = [*messages, *own]


def from_first_user(history: Sequence[Message]) -> Sequence[Message]:
    """Return a cut history from its first user message on: a tool result without its call is refused by vendors."""
    start = next((i for i, m in enumerate(history) if m.role == "user"), len(history))
    return history[start:]
