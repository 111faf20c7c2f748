"""The ``memory`` kind: what an agent is shown of the past, and what it keeps for later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from lumosai_sdk.types.memory import Turn
from lumosai_sdk.types.messages import Message


@runtime_checkable
class Memory(Protocol):
    """Decides what stands between an agent's instructions and its input.

    An agent's memories are asked in order, once a run, before its model; each is given the history as the one before
    left it. One that fails ends the run: an agent that has lost its memory must not act as if nothing had been.
    """

    async def recall(self, turn: Turn) -> Sequence[Message]:
        """Return what is shown in place of ``turn.history``; nothing of it is added to the conversation."""
        ...

    async def remember(self, turn: Turn, messages: Sequence[Message]) -> None:
        """Take note of a run that has completed: *messages* are those it added, its input first.

        Nobody waits for it but the next run on the same thread; a failure is reported and ends nothing.
        """
        ...
