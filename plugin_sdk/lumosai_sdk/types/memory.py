"""What a memory is told of a request to an agent."""

from __future__ import annotations

from dataclasses import dataclass

from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.processors import RunInfo


@dataclass(frozen=True, slots=True)
class Turn:
    """A request to an agent: the run, what came in, and what of the conversation the model is about to be shown.

    ``history`` is oldest first, without the agent's instructions: the last messages of the thread, as the memories
    before this one left them.
    """

    run: RunInfo
    input: tuple[Message, ...]
    history: tuple[Message, ...] = ()
